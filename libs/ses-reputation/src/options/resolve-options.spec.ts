import { describe, expect, it } from '@jest/globals';
import { SesReputationConfigError } from '../errors.js';
import { resolveOptions } from './resolve-options.js';
import { resolveStructure } from './resolve-structure.js';
import type { SesReputationOptions } from './ses-reputation-options.js';

const topic = 'arn:aws:sns:eu-west-1:123456789012:ses-feedback';
const feedback = { topicArns: [topic] };

describe('resolveOptions', () => {
  it('fills in the defaults: one critical stream, Amazon’s own limits', () => {
    const options = resolveOptions({ feedback });
    expect(options).toMatchObject({
      client: {},
      from: null,
      configurationSet: null,
      app: 'default',
      defaultStream: 'transactional',
      feedback: { topicArns: [topic], store: 'failures', retentionDays: 90 },
      suppression: { softBounceLimit: 5, eraseKey: null, accountList: null },
      reputation: {
        checkEveryMs: 300_000,
        windowVolume: 10_000,
        minimumVolume: 1_000,
        minimumCount: 5,
        approach: 0.8,
        limits: {
          bounce: { warning: 0.02, review: 0.05, pause: 0.1 },
          complaint: { warning: 0.0008, review: 0.001, pause: 0.005 },
        },
      },
    });
    expect([...options.streams.values()]).toEqual([
      {
        name: 'transactional',
        priority: 'critical',
        configurationSet: null,
        from: null,
        unsubscribe: false,
        onSuppressed: 'skip',
        whenStoreFails: 'open',
      },
    ]);
  });

  it('hands down sender, configuration set and onSuppressed to the streams that name none', () => {
    const { streams, defaultStream } = resolveOptions({
      from: 'Shop <shop@example.com>',
      configurationSet: 'main',
      onSuppressed: 'throw',
      streams: { news: { priority: 'bulk', configurationSet: 'bulk', onSuppressed: 'skip' }, orders: {} },
      feedback,
    });
    expect(defaultStream).toBe('news');
    expect(streams.get('news')).toMatchObject({
      configurationSet: 'bulk',
      onSuppressed: 'skip',
      whenStoreFails: 'closed',
    });
    expect(streams.get('orders')).toMatchObject({
      priority: 'normal',
      from: 'Shop <shop@example.com>',
      configurationSet: 'main',
      onSuppressed: 'throw',
      whenStoreFails: 'closed',
    });
  });

  it('gives places to dimensions, and reads verified identities as recipients are read', () => {
    const { dimensions, verifiedIdentities } = resolveOptions({
      feedback,
      reputation: {
        dimensions: { domains: 7 },
        verifiedIdentities: ['Bücher.example.', 'Ann <ANN@Example.org>'],
      },
    }).reputation;
    expect(dimensions).toEqual({ domains: 7, configurationSets: 50, streams: 50 });
    expect([...verifiedIdentities]).toEqual(['xn--bcher-kva.example', 'ann@example.org']);
    expect(resolveOptions({ feedback }).reputation.verifiedIdentities.size).toBe(0);
  });

  it('watches for silence and unaccounted mail unless told not to', () => {
    const { silence, unaccounted } = resolveOptions({ feedback }).reputation;
    expect({ silence, unaccounted }).toEqual({
      silence: { volume: 100, afterMs: 3_600_000 },
      unaccounted: { share: 0.1, volume: 100 },
    });
    const off = resolveOptions({ feedback, reputation: { silence: false, unaccounted: false } });
    expect(off.reputation).toMatchObject({ silence: null, unaccounted: null });
  });

  it.each<[string, unknown, string]>([
    ['nothing at all', undefined, 'feedback.topicArns is missing — expected a list with an SNS topic ARN'],
    ['a factory', { useFactory: () => ({}) }, 'a factory is given to forRoot'],
    ['no topic', { feedback: { topicArns: [] } }, 'feedback.topicArns is [] — expected'],
    [
      'a wildcard topic',
      { feedback: { topicArns: ['*'] } },
      'feedback.topicArns[0] is "*" — expected an SNS topic ARN such as',
    ],
    ['a FIFO topic', { feedback: { topicArns: [`${topic}.fifo`] } }, 'feedback.topicArns[0]'],
    [
      'a key nobody knows',
      { feedback, suppresion: {} },
      'suppresion is no option of this version — expected client, from',
    ],
    [
      'a nested key nobody knows',
      { feedback: { ...feedback, topics: 1 } },
      'feedback.topics is no option of this version — expected topicArns',
    ],
    ['structure from the factory', { feedback, path: 'x' }, 'path is "x" — expected it beside useFactory'],
    [
      'an unknown default stream',
      { feedback, defaultStream: 'x' },
      'defaultStream is "x" — expected "transactional"',
    ],
    ['no stream', { feedback, streams: {} }, 'streams is {} — expected at least one stream'],
    [
      'a stream that no tag can name',
      { feedback, streams: { 'a b': {} } },
      'streams["a b"] is "a b" — expected 1 to 64',
    ],
    ['streams that differ in case', { feedback, streams: { a: {}, A: {} } }, 'streams["A"]'],
    [
      'a priority',
      { feedback, streams: { a: { priority: 'high' } } },
      'streams.a.priority is "high" — expected "critical" or "normal" or "bulk"',
    ],
    ['a sender', { feedback, from: 'nobody' }, 'from is "nobody" — expected one address'],
    ['two senders', { feedback, from: 'a@example.com, b@example.com' }, 'from is'],
    [
      'a direction',
      { feedback, suppression: { accountList: { direction: 'down' } } },
      'suppression.accountList.direction is "down" — expected',
    ],
    [
      'an interval of the sync',
      { feedback, suppression: { accountList: { everyMs: 0 } } },
      'suppression.accountList.everyMs is 0 — expected a whole number from 1 to',
    ],
    [
      'a misspelt interval',
      { feedback, suppression: { accountList: { every: 1 } } },
      'suppression.accountList.every',
    ],
    [
      'an account list',
      { feedback, suppression: { accountList: true } },
      'suppression.accountList is true — expected',
    ],
    [
      'a text for a number',
      { feedback, suppression: { softBounceLimit: '5' } },
      'suppression.softBounceLimit is "5" — expected a whole number from 1 to 1,000',
    ],
    [
      'a short key',
      { feedback, suppression: { eraseKey: 'short' } },
      'suppression.eraseKey is a text of 5 characters — expected a secret',
    ],
    [
      'a percentage',
      { feedback, reputation: { approach: 80 } },
      'reputation.approach is 80 — expected a fraction',
    ],
    [
      'a share of unaccounted mail in percent',
      { feedback, reputation: { unaccounted: { share: 10 } } },
      'reputation.unaccounted.share is 10 — expected a fraction',
    ],
    [
      'places for less than no domain',
      { feedback, reputation: { dimensions: { domains: -1 } } },
      'reputation.dimensions.domains is -1 — expected a whole number from 0 to 100,000',
    ],
    [
      'an identity that is neither address nor domain',
      { feedback, reputation: { verifiedIdentities: ['example.com', 'exa mple'] } },
      'reputation.verifiedIdentities[1] is "exa mple" — expected an address or a domain',
    ],
    [
      'silence after more than 8 days',
      { feedback, reputation: { silence: { afterMs: 700_000_000 } } },
      'reputation.silence.afterMs is 700000000 — expected a whole number from 1 to 691,200,000',
    ],
    [
      'silence after no mail',
      { feedback, reputation: { silence: { volume: 0 } } },
      'reputation.silence.volume is 0 — expected a whole number from 1',
    ],
    [
      'limits out of order',
      { feedback, reputation: { limits: { bounce: { warning: 0.2 } } } },
      'reputation.limits.bounce is {"warning":0.2,"review":0.05,"pause":0.1} — expected warning ≤ review ≤ pause',
    ],
    [
      'a minimum that no window holds',
      { feedback, reputation: { window: { volume: 200 }, minimumVolume: 500 } },
      'reputation.minimumVolume is 500 — expected no more than reputation.window.volume (200)',
    ],
    ['NaN', { feedback, reputation: { minimumVolume: NaN } }, 'reputation.minimumVolume is NaN'],
    [
      'rates without a function',
      { feedback, reputation: { amazonRates: { bounce: 0.1 } } },
      'reputation.amazonRates is {"bounce":0.1} — expected an object with a function "rates"',
    ],
    [
      'a source that can not be closed',
      { feedback, reputation: { amazonRates: { rates: () => null, close: 1 } } },
      'reputation.amazonRates',
    ],
    [
      'percent',
      { feedback, reputation: { tolerance: { bounce: 1.5 } } },
      'reputation.tolerance.bounce is 1.5',
    ],
    [
      'an interval past what a timer takes',
      { feedback, reputation: { check: { everyMs: 2 ** 31 } } },
      'reputation.check.everyMs',
    ],
    ['a client', { feedback, client: 'eu-west-1' }, 'client is "eu-west-1" — expected an SESv2Client'],
    [
      'a guard',
      { feedback, guard: { mode: 'on' } },
      'guard.mode is "on" — expected "enforce" or "observe" or "off"',
    ],
    ['a probe of more than all', { feedback, guard: { probe: { share: 1.5 } } }, 'guard.probe.share is 1.5'],
    ['a rate of none', { feedback, rate: { perSecond: 0 } }, 'rate.perSecond is 0 — expected recipients'],
    ['a reserve of all', { feedback, rate: { reserve: 1 } }, 'rate.reserve is 1 — expected a share from 0'],
    [
      'a URL for a client',
      { feedback, rate: { redis: 'redis://x' } },
      'rate.redis is "redis://x" — expected',
    ],
    ['a rate that is no object', { feedback, rate: true }, 'rate is true — expected an object'],
    ['a misspelt probe', { feedback, guard: { probe: { after: 1 } } }, 'guard.probe.after'],
    [
      'a fetch',
      { feedback: { ...feedback, fetch: 'https' } },
      'feedback.fetch is "https" — expected a function',
    ],
  ])('names the key, what was expected and what it got: %s', (_, given, message) => {
    expect(() => resolveOptions(given as SesReputationOptions)).toThrow(SesReputationConfigError);
    expect(() => resolveOptions(given as SesReputationOptions)).toThrow(`SesReputationModule: ${message}`);
  });

  it.each([
    [undefined, null],
    [false, null],
    [{}, { direction: 'both', everyMs: 3_600_000 }],
    [
      { direction: 'pull', everyMs: 60_000 },
      { direction: 'pull', everyMs: 60_000 },
    ],
  ] as const)('reads suppression.accountList %j', (accountList, expected) => {
    expect(resolveOptions({ feedback, suppression: { accountList } }).suppression.accountList).toEqual(
      expected,
    );
  });

  it('shares the rate unless told not to', () => {
    expect(resolveOptions({ feedback }).rate).toEqual({
      perSecond: null,
      reserve: 0.1,
      maxWaitMs: null,
      redis: null,
      name: null,
    });
    expect(resolveOptions({ feedback, rate: false }).rate).toBeNull();
    expect(resolveOptions({ feedback, rate: { perSecond: 0.5, reserve: 0 } }).rate).toMatchObject({
      perSecond: 0.5,
      reserve: 0,
    });
  });

  it('takes topics of every partition, and no scheduled check', () => {
    const topicArns = [
      topic,
      'arn:aws-cn:sns:cn-north-1:123456789012:a',
      'arn:aws-us-gov:sns:us-gov-west-1:123456789012:b',
    ];
    const options = resolveOptions({ feedback: { topicArns }, reputation: { check: false } });
    expect(options.feedback.topicArns).toEqual(topicArns);
    expect(options.reputation.checkEveryMs).toBeNull();
  });

  it('never shows the erase key in an error', () => {
    expect(() => resolveOptions({ feedback, suppression: { eraseKey: 'hunter2' } })).toThrow(
      /^(?!.*hunter2)/s,
    );
  });
});

describe('resolveStructure', () => {
  it('fills in the defaults and trims the route', () => {
    expect(resolveStructure({})).toEqual({
      isGlobal: false,
      path: 'ses/feedback',
      dataSource: 'default',
      preparedStatements: true,
      publicMetadata: {},
    });
    expect(resolveStructure({ path: '/hooks/ses/' }).path).toBe('hooks/ses');
  });

  it.each([
    { path: 'ses/:id' },
    { path: '' },
    { isGlobal: 1 },
    { dataSource: '' },
    { preparedStatements: 1 },
    { publicMetadata: [] },
  ])('refuses %j', (given) =>
    expect(() => resolveStructure(given as never)).toThrow(SesReputationConfigError),
  );

  it('lowers the default minimum to a smaller window', () => {
    const { reputation } = resolveOptions({ feedback, reputation: { window: { volume: 200 } } });
    expect(reputation.minimumVolume).toBe(200);
  });
});
