import { SESv2Client } from '@aws-sdk/client-sesv2';
import { parseAddrSpec } from '../address/addr-spec.js';
import { domainOfKey, keyOf } from '../address/address-key.js';
import { SesReputationConfigError } from '../errors.js';
import { Section, wrong } from './check.js';
import { STRUCTURE_KEYS } from './resolve-structure.js';
import type {
  AmazonRatesSource,
  FeedbackFetch,
  LevelLimits,
  ResolvedOptions,
  ResolvedStream,
  SesReputationOptions,
} from './ses-reputation-options.js';

/** A tag value of SES's; 64 so that it fits every table. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const NAME_RULE = '1 to 64 letters, digits, "_" or "-" (it becomes a tag of SES)';
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z]{2}[a-z-]*-\d+:\d{12}:[A-Za-z0-9_-]{1,256}$/;
const TOPIC_RULE = 'an SNS topic ARN such as arn:aws:sns:eu-west-1:123456789012:ses-feedback';
/** Longest delay that setInterval takes. */
const MOST_MS = 2_147_483_647;

const BOUNCE_LIMITS: LevelLimits = { warning: 0.02, review: 0.05, pause: 0.1 };
const COMPLAINT_LIMITS: LevelLimits = { warning: 0.0008, review: 0.001, pause: 0.005 };

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
  const feedback = new Section('feedback', given, ['topicArns', 'store', 'retentionDays', 'fetch']);
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

function resolveReputation(given: unknown): ResolvedOptions['reputation'] {
  const keys = [
    'check',
    'window',
    'minimumVolume',
    'minimumCount',
    'approach',
    'limits',
    'amazonRates',
    'tolerance',
    'unaccounted',
    'silence',
    'dimensions',
    'verifiedIdentities',
  ];
  const reputation = new Section('reputation', given, keys);
  const limits = new Section('reputation.limits', reputation.raw('limits'), ['bounce', 'complaint']);
  const off = reputation.raw('check') === false;
  const check = new Section('reputation.check', off ? undefined : reputation.raw('check'), ['everyMs']);
  const window = new Section('reputation.window', reputation.raw('window'), ['volume']);
  const windowVolume = window.wholeNumber('volume', 10_000, 1, 100_000_000);
  const tolerance = new Section('reputation.tolerance', reputation.raw('tolerance'), ['bounce', 'complaint']);
  return {
    checkEveryMs: off ? null : check.wholeNumber('everyMs', 300_000, 1, MOST_MS),
    windowVolume,
    minimumVolume: minimumVolume(reputation, windowVolume),
    minimumCount: reputation.wholeNumber('minimumCount', 5, 0, 100_000_000),
    approach: reputation.fraction('approach', 0.8),
    limits: {
      bounce: resolveLimits('reputation.limits.bounce', limits.raw('bounce'), BOUNCE_LIMITS),
      complaint: resolveLimits('reputation.limits.complaint', limits.raw('complaint'), COMPLAINT_LIMITS),
    },
    amazonRates: reputation.get(
      'amazonRates',
      null,
      'an object with a function "rates", and "close" if it has one',
      isRatesSource,
    ),
    tolerance: {
      bounce: tolerance.fraction('bounce', 0.01),
      complaint: tolerance.fraction('complaint', 0.0005),
    },
    unaccounted: resolveUnaccounted(reputation.raw('unaccounted')),
    silence: resolveSilence(reputation.raw('silence')),
    dimensions: resolveDimensions(reputation.raw('dimensions')),
    verifiedIdentities: resolveIdentities(reputation.raw('verifiedIdentities')),
  };
}

/** A window that can't hold the minimum would be healthy for ever. */
function minimumVolume(reputation: Section, windowVolume: number): number {
  const volume = reputation.wholeNumber('minimumVolume', Math.min(1_000, windowVolume), 0, 100_000_000);
  if (volume > windowVolume) {
    throw wrong(
      reputation.path('minimumVolume'),
      volume,
      `no more than reputation.window.volume (${windowVolume}): no window would ever hold so much`,
    );
  }
  return volume;
}

function resolveUnaccounted(given: unknown): ResolvedOptions['reputation']['unaccounted'] {
  if (given === false) return null;
  const unaccounted = new Section('reputation.unaccounted', given, ['share', 'volume']);
  return {
    share: unaccounted.fraction('share', 0.1),
    volume: unaccounted.wholeNumber('volume', 100, 1, 100_000_000),
  };
}

function resolveSilence(given: unknown): ResolvedOptions['reputation']['silence'] {
  if (given === false) return null;
  const silence = new Section('reputation.silence', given, ['volume', 'afterMs']);
  return {
    volume: silence.wholeNumber('volume', 100, 1, 100_000_000),
    afterMs: silence.wholeNumber('afterMs', 3_600_000, 1, 8 * 86_400_000),
  };
}

function resolveDimensions(given: unknown): ResolvedOptions['reputation']['dimensions'] {
  const dimensions = new Section('reputation.dimensions', given, ['domains', 'configurationSets', 'streams']);
  return {
    domains: dimensions.wholeNumber('domains', 500, 0, 100_000),
    configurationSets: dimensions.wholeNumber('configurationSets', 50, 0, 10_000),
    streams: dimensions.wholeNumber('streams', 50, 0, 10_000),
  };
}

/** Addresses by their look-up key, domains as they are in one. */
function resolveIdentities(given: unknown): ReadonlySet<string> {
  const path = 'reputation.verifiedIdentities';
  if (given !== undefined && !Array.isArray(given))
    throw wrong(path, given, 'a list of addresses and domains');
  const identities = (given ?? []).map((identity: unknown, i: number) => {
    const isAddress = typeof identity === 'string' && identity.includes('@');
    const spec = typeof identity === 'string' ? parseAddrSpec(isAddress ? identity : `x@${identity}`) : null;
    if (!spec) throw wrong(`${path}[${i}]`, identity, 'an address or a domain such as example.com');
    return isAddress ? keyOf(spec) : domainOfKey(keyOf(spec));
  });
  return new Set(identities);
}

function isRatesSource(value: unknown): value is AmazonRatesSource {
  if (typeof value !== 'object' || value === null) return false;
  const { rates, close } = value as Partial<AmazonRatesSource>;
  return typeof rates === 'function' && (close === undefined || typeof close === 'function');
}

function resolveLimits(name: string, given: unknown, defaults: LevelLimits): LevelLimits {
  const section = new Section(name, given, ['warning', 'review', 'pause']);
  const limits = {
    warning: section.fraction('warning', defaults.warning),
    review: section.fraction('review', defaults.review),
    pause: section.fraction('pause', defaults.pause),
  };
  if (limits.warning > limits.review || limits.review > limits.pause) {
    throw wrong(name, limits, 'warning ≤ review ≤ pause');
  }
  return limits;
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
