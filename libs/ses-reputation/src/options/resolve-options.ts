import { SESv2Client } from '@aws-sdk/client-sesv2';
import { parseAddrSpec } from '../address/addr-spec.js';
import { SesReputationConfigError } from '../errors.js';
import { MOST_MS, Section, wrong } from './check.js';
import { resolveQueues } from './resolve-queues.js';
import { resolveRate } from './resolve-rate.js';
import { resolveReputation } from './resolve-reputation.js';
import { STRUCTURE_KEYS } from './resolve-structure.js';
import type {
  FeedbackFetch,
  ResolvedOptions,
  ResolvedStream,
  SesReputationOptions,
} from './ses-reputation-options.js';

/** A tag value of SES's; 64 so that it fits every table. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const NAME_RULE = '1 to 64 letters, digits, "_" or "-" (it becomes a tag of SES)';
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z]{2}[a-z-]*-\d+:\d{12}:[A-Za-z0-9_-]{1,256}$/;
const TOPIC_RULE = 'an SNS topic ARN such as arn:aws:sns:eu-west-1:123456789012:ses-feedback';

/**
 * Checks what the host wrote and fills in the defaults.
 *
 * @throws SesReputationConfigError that names the key, what was expected and what it got
 */
export function resolveOptions(given: SesReputationOptions): ResolvedOptions {
  refuseStructure(given);
  const top = new Section('', given, [
    'client',
    'from',
    'configurationSet',
    'app',
    'defaultStream',
    'streams',
    'onSuppressed',
    'feedback',
    'suppression',
    'reputation',
    'guard',
    'rate',
    'background',
  ]);
  const streams = resolveStreams(top);
  return {
    client: top.get('client', {}, 'an SESv2Client or its configuration', isClient),
    from: sender(top),
    configurationSet: configurationSet(top),
    app: top.matching('app', NAME, 'default', NAME_RULE),
    defaultStream: top.oneOf('defaultStream', [...streams.keys()], [...streams.keys()][0]!),
    streams,
    feedback: resolveFeedback(top.raw('feedback')),
    suppression: resolveSuppression(top.raw('suppression')),
    reputation: resolveReputation(top.raw('reputation')),
    guard: resolveGuard(top.raw('guard')),
    rate: resolveRate(top.raw('rate')),
    background: resolveBackground(top.raw('background')),
  };
}

function refuseStructure(given: unknown): void {
  if (typeof given === 'object' && given !== null && ('useFactory' in given || 'useClass' in given)) {
    throw new SesReputationConfigError('a factory is given to forRoot — expected it in forRootAsync');
  }
  for (const key of STRUCTURE_KEYS) {
    const value = (given as Record<string, unknown> | undefined)?.[key];
    if (value !== undefined) throw wrong(key, value, 'it beside useFactory, not in what useFactory returns');
  }
}

function resolveStreams(top: Section): Map<string, ResolvedStream> {
  const given = top.raw('streams') ?? { transactional: { priority: 'critical' } };
  const names = Object.keys(given);
  new Section('streams', given, names);
  if (names.length === 0) throw wrong('streams', given, 'at least one stream');
  const seen = new Set<string>();
  for (const name of names) {
    if (!NAME.test(name)) throw wrong(`streams["${name}"]`, name, NAME_RULE);
    // Two streams that a case-insensitive database takes for one would share suppressions and rates.
    if (seen.has(name.toLowerCase()))
      throw wrong(`streams["${name}"]`, name, 'a name that differs in more than case');
    seen.add(name.toLowerCase());
  }
  return new Map(
    names.map((name) => [name, resolveStream(name, (given as Record<string, unknown>)[name], top)]),
  );
}

function resolveStream(name: string, given: unknown, top: Section): ResolvedStream {
  const keys = ['priority', 'configurationSet', 'from', 'unsubscribe', 'onSuppressed', 'whenStoreFails'];
  const stream = new Section(`streams.${name}`, given, keys);
  const priority = stream.oneOf('priority', ['critical', 'normal', 'bulk'], 'normal');
  return {
    name,
    priority,
    configurationSet: configurationSet(stream) ?? configurationSet(top),
    from: sender(stream) ?? sender(top),
    unsubscribe: stream.flag('unsubscribe', false),
    onSuppressed: stream.oneOf(
      'onSuppressed',
      ['skip', 'throw'],
      top.oneOf('onSuppressed', ['skip', 'throw'], 'skip'),
    ),
    whenStoreFails: stream.oneOf(
      'whenStoreFails',
      ['open', 'closed'],
      priority === 'critical' ? 'open' : 'closed',
    ),
  };
}

function resolveFeedback(given: unknown): ResolvedOptions['feedback'] {
  const feedback = new Section('feedback', given, ['topicArns', 'store', 'retentionDays', 'fetch', 'queues']);
  const topicArns = feedback.raw('topicArns');
  if (!Array.isArray(topicArns) || topicArns.length === 0) {
    throw wrong(
      'feedback.topicArns',
      topicArns,
      `a list with ${TOPIC_RULE}; there is no "accept every topic"`,
    );
  }
  topicArns.forEach((arn, i) => {
    if (typeof arn !== 'string' || !TOPIC_ARN.test(arn))
      throw wrong(`feedback.topicArns[${i}]`, arn, TOPIC_RULE);
  });
  return {
    topicArns: [...(topicArns as string[])],
    store: feedback.oneOf('store', ['failures', 'all'], 'failures'),
    retentionDays: feedback.wholeNumber('retentionDays', 90, 1, 3_650),
    fetch: feedback.get('fetch', globalFetch, 'a function like the global fetch', isFetch),
    queues: resolveQueues(feedback.raw('queues')),
  };
}

function resolveSuppression(given: unknown): ResolvedOptions['suppression'] {
  const suppression = new Section('suppression', given, ['softBounceLimit', 'eraseKey', 'accountList']);
  return {
    softBounceLimit:
      suppression.raw('softBounceLimit') === false
        ? false
        : suppression.wholeNumber('softBounceLimit', 5, 1, 1_000),
    eraseKey: suppression.secret('eraseKey', null),
    accountList: resolveAccountList(suppression.raw('accountList')),
  };
}

function resolveAccountList(given: unknown): ResolvedOptions['suppression']['accountList'] {
  if (given === undefined || given === false) return null;
  const list = new Section('suppression.accountList', given, ['direction', 'everyMs']);
  return {
    direction: list.oneOf('direction', ['pull', 'push', 'both'], 'both'),
    everyMs: list.wholeNumber('everyMs', 3_600_000, 1, MOST_MS),
  };
}

function resolveGuard(given: unknown): ResolvedOptions['guard'] {
  const guard = new Section('guard', given, ['mode', 'probe']);
  const probe = new Section('guard.probe', guard.raw('probe'), ['afterMs', 'share', 'volume']);
  return {
    mode: guard.oneOf('mode', ['enforce', 'observe', 'off'], 'observe'),
    probe: {
      afterMs: probe.wholeNumber('afterMs', 900_000, 0, MOST_MS),
      share: probe.fraction('share', 0.05),
      volume: probe.wholeNumber('volume', 100, 1, 1_000_000),
    },
  };
}

function resolveBackground(given: unknown): ResolvedOptions['background'] {
  if (given === false) return null;
  const background = new Section('background', given, ['leaseMs']);
  return { leaseMs: background.wholeNumber('leaseMs', 15_000, 100, 3_600_000) };
}

function sender(section: Section): string | null {
  const from = section.text('from', null);
  if (from !== null && !parseAddrSpec(from)) {
    throw wrong(section.path('from'), from, 'one address such as "Example <no-reply@example.com>"');
  }
  return from;
}

function configurationSet(section: Section): string | null {
  return section.matching(
    'configurationSet',
    NAME,
    null,
    "a configuration set's name: 1 to 64 of A-Z a-z 0-9 _ -",
  );
}

function isClient(value: unknown): value is ResolvedOptions['client'] {
  return (
    value instanceof SESv2Client || (typeof value === 'object' && value !== null && !Array.isArray(value))
  );
}

function isFetch(value: unknown): value is FeedbackFetch {
  return typeof value === 'function';
}

/** Looked up at each call: a host may put its own in place (a proxy, tracing) after this module has started. */
const globalFetch: FeedbackFetch = (url, init) => fetch(url, init);
