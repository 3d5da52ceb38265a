import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import type { Booking } from '../libs/ses-reputation/src/reputation/counts.js';
import { rollUp } from '../libs/ses-reputation/src/reputation/bucket-rollup.js';
import {
  COUNTERS,
  ReputationBucket,
} from '../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { ReputationState } from '../libs/ses-reputation/src/reputation/reputation-state.entity.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { connect, Instance } from './support/reputation.js';

const NOW = Date.UTC(2026, 4, 1, 12, 34, 56);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Counts = Booking['counts'];

function mail(
  ageMs: number,
  counts: Counts,
  stream: string | null = 'news',
  domain = 'example.com',
): Booking {
  return { sentAt: new Date(NOW - ageMs), stream, domain: stream === null ? null : domain, counts };
}

/** One mail of a random history: when, to whom, and what became of it. */
const FATES: Counts[] = [{}, { hardBounces: 1 }, { complaints: 1 }, { excluded: 1 }, { softBounces: 1 }];
const letter = fc.record({
  ageMs: fc.oneof(fc.nat(2 * HOUR), fc.nat(9 * DAY), fc.nat(60 * DAY)),
  stream: fc.constantFrom(null, 'news', 'alerts'),
  fate: fc.constantFrom(...FATES),
});
type Letter = typeof letter extends fc.Arbitrary<infer T> ? T : never;

/** A recount of the letters themselves, by what the documentation says of a report. */
function recount(letters: Letter[], stream: string | null, volume: number) {
  const counted = letters
    .filter((each) => stream === null || each.stream === stream)
    .map(({ ageMs, fate }) => {
      const width = ageMs <= 2 * DAY ? MINUTE : ageMs <= 32 * DAY ? HOUR : DAY;
      return { start: Math.floor((NOW - ageMs) / width) * width, width, fate };
    })
    .filter(({ fate }) => !fate.excluded)
    .toSorted((a, b) => b.start - a.start || b.width - a.width);
  const oldest = counted[Math.min(volume, counted.length) - 1];
  const window = counted.filter(
    ({ start, width }) => start > oldest!.start || (start === oldest!.start && width >= oldest!.width),
  );
  const tally = (some: typeof counted) => ({
    volume: some.length,
    bounces: some.filter(({ fate }) => fate.hardBounces).length,
    complaints: some.filter(({ fate }) => fate.complaints).length,
  });
  const within = (spanMs: number) =>
    tally(counted.filter(({ start, width }) => start + width > NOW - spanMs));
  const spans = { '1h': HOUR, '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY };
  return {
    main: tally(window),
    from: oldest?.start ?? NOW,
    windows: Object.fromEntries(Object.entries(spans).map(([name, span]) => [name, within(span)])),
  };
}

describe.each(databaseKinds())('reputation on $name', ({ name, create }) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await create();
    dataSource = await connect(database);
  });
  afterEach(async () => {
    if (!dataSource.isInitialized) await dataSource.initialize();
    await dataSource.manager.clear(ReputationBucket);
    await dataSource.manager.clear(ReputationState);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('reports zeros where nothing was sent', async () => {
    const { service } = new Instance(dataSource, NOW);
    const none = { rate: 0, count: 0 };
    const window = { bounce: none, complaint: none, volume: 0 };
    const metric = {
      ...none,
      volume: 0,
      interval: { low: 0, high: 1 },
      level: 'healthy',
      headroom: null,
    };
    const expected = {
      countedAs: 'own',
      bounce: metric,
      complaint: metric,
      level: 'healthy',
      window: { from: new Date(NOW), to: new Date(NOW), volume: 0 },
      windows: { '1h': window, '24h': window, '7d': window, '30d': window },
      forecast: null,
      unaccounted: { volume: 0, share: 0 },
      account: null,
      amazon: null,
      events: { pending: 0, dead: 0, oldestPendingAt: null },
    };
    expect(await service.report()).toEqual(expected);
    expect(await service.report({ stream: 'unknown\u0000' })).toEqual({ ...expected, countedAs: 'other' });
  });

  it('reports the account, a stream and a domain, and includes mail that is just being booked', async () => {
    const { service, ledger, book } = instance();
    await book(
      mail(2 * HOUR, { sent: 50, hardBounces: 1 }),
      mail(2 * HOUR, { sent: 30, hardBounces: 3 }, 'alerts', 'example.org'),
      mail(3 * HOUR, { sent: 10, unaccounted: 10, complaints: 1 }, null),
    );
    ledger.bookSent([mail(0, { sent: 10 })]);
    expect(await service.report()).toMatchObject({
      bounce: { rate: 0.04, count: 4, volume: 100, level: 'warning', headroom: 1 },
      complaint: { rate: 0.01, count: 1, level: 'pause', headroom: null },
      level: 'pause',
      window: { from: new Date(Date.UTC(2026, 4, 1, 9, 34)), to: new Date(NOW), volume: 100 },
      windows: { '1h': { volume: 10 }, '24h': { volume: 100, bounce: { rate: 0.04, count: 4 } } },
      unaccounted: { volume: 10, share: 0.1 },
    });
    expect(await service.report({ stream: 'alerts' })).toMatchObject({
      bounce: { rate: 0.1, count: 3, volume: 30, level: 'pause', headroom: null },
      unaccounted: { volume: 0, share: 0 },
    });
    expect(await service.report({ domain: 'EXAMPLE.com' })).toMatchObject({
      bounce: { count: 1, volume: 60 },
    });
  });

  it('asks only for mail sent up to `at`, with what is known of it today', async () => {
    const { service, book } = instance();
    await book(
      mail(5 * HOUR, { sent: 20 }),
      mail(3 * HOUR, { sent: 20 }),
      mail(5 * HOUR, { hardBounces: 2 }),
    );
    const at = new Date(NOW - 4 * HOUR);
    expect(await service.report({ at })).toMatchObject({
      bounce: { rate: 0.1, volume: 20 },
      window: { to: at },
      windows: { '1h': { volume: 20 } },
    });
  });

  it('leaves out feedback for mail sent before anything was counted', async () => {
    const { service, book } = instance();
    await book(
      mail(5 * HOUR, { sent: 20 }),
      mail(9 * HOUR, { hardBounces: 40 }),
      mail(40 * DAY, { complaints: 9 }),
    );
    expect(await service.report()).toMatchObject({
      bounce: { rate: 0, count: 0 },
      complaint: { count: 0 },
      window: { from: new Date(Date.UTC(2026, 4, 1, 7, 34)) },
      windows: { '24h': { bounce: { count: 0 } }, '30d': { volume: 20, bounce: { count: 0 } } },
    });
  });

  it('gives what a recount of the history gives, in whatever order it came', async () => {
    const runs = name === 'SQLite' ? 60 : 8;
    const history = fc.array(letter, { maxLength: 60 });
    const order = fc.infiniteStream(fc.nat(1_000));
    await fc.assert(
      fc.asyncProperty(history, order, fc.integer({ min: 1, max: 40 }), async (letters, random, volume) => {
        await dataSource.manager.clear(ReputationBucket);
        const { service, book } = instance({ window: { volume }, minimumVolume: 1 });
        const facts = letters.flatMap(({ ageMs, stream, fate }) => [
          mail(ageMs, { sent: 1 }, stream),
          mail(ageMs, fate, stream),
        ]);
        const shuffled = facts
          .map((fact) => ({ fact, place: random.next().value as number }))
          .toSorted((a, b) => a.place - b.place)
          .map(({ fact }) => fact);
        for (let from = 0; from < shuffled.length; from += 17) await book(...shuffled.slice(from, from + 17));
        for (const stream of [null, 'news', 'alerts']) {
          const report = await service.report(stream === null ? {} : { stream });
          const { bounce, complaint, window, windows } = report;
          const found = {
            main: { volume: window.volume, bounces: bounce.count, complaints: complaint.count },
            from: window.from.getTime(),
            windows: Object.fromEntries(
              Object.entries(windows).map(([span, each]) => [
                span,
                { volume: each.volume, bounces: each.bounce.count, complaints: each.complaint.count },
              ]),
            ),
          };
          expect(found).toEqual(recount(letters, stream, volume));
          for (const each of [bounce, complaint, ...Object.values(windows).map((one) => one.bounce)]) {
            expect(each.rate).toBeGreaterThanOrEqual(0);
            expect(each.rate).toBeLessThanOrEqual(1);
          }
        }
      }),
      { numRuns: runs },
    );
  });

  it('merges old buckets and keeps every total, also when several instances do it at once', async () => {
    const one = instance();
    for (let chunk = 0; chunk < 10; chunk++) {
      await one.book(
        ...Array.from({ length: 150 }, (_, n) =>
          mail(n * 18 * MINUTE, { sent: 3, hardBounces: 1, opens: n }, 'news', `d${chunk}.example`),
        ),
      );
    }
    const before = await totals();
    const later = NOW + 10 * DAY;
    await Promise.all([rollUp(one.store, later), rollUp(instance().store, later), rollUp(one.store, later)]);
    expect(await totals()).toEqual(before);
    expect(await widths()).toEqual([60]);
    const muchLater = NOW + 60 * DAY;
    // A booking comes while it runs, to a bucket that is merged.
    await Promise.all([
      rollUp(one.store, muchLater),
      one.book(mail(0, { sent: 1 }, 'news', 'd0.example')),
      rollUp(instance().store, muchLater),
    ]);
    await rollUp(one.store, muchLater);
    expect((await totals()).account).toEqual({ ...before.account, sent: before.account!.sent! + 1 });
    expect(await widths()).toEqual([1440]);
    await rollUp(one.store, NOW + 800 * DAY);
    expect(await widths()).toEqual([]);
  });

  it('raises one alarm for one crossing, however many instances check at once', async () => {
    const instances = Array.from({ length: 5 }, () => instance());
    await instances[0]!.book(mail(HOUR, { sent: 100, hardBounces: 6 }));
    const reports = await Promise.all(instances.map(({ check }) => check.check()));
    expect(reports.map(({ level }) => level)).toEqual(Array(5).fill('review'));
    await Promise.all(instances.map(({ check }) => check.check()));
    const { deliver, raised } = instances[0]!;
    await deliver();
    expect(raised.toSorted()).toEqual(['ses.reputation.approaching', 'ses.reputation.changed']);
    const { version } = await dataSource.manager.findOneByOrFail(ReputationState, { name: 'account' });
    expect(version).toBe(10);
  });

  it('agrees in report and check on a level that hysteresis keeps, and has no memory for the past', async () => {
    const { service, raised, book, deliver } = instance();
    await book(mail(2 * HOUR, { sent: 100, hardBounces: 5 }));
    expect(await service.check()).toMatchObject({ level: 'review', bounce: { headroom: 5 } });
    await book(mail(HOUR, { sent: 10 }));
    expect((await service.report()).level).toBe('review');
    expect((await service.check()).level).toBe('review');
    expect((await service.report({ at: new Date(NOW) })).level).toBe('warning');
    expect((await service.report({ stream: 'news' })).level).toBe('warning');
    await book(mail(HOUR, { sent: 1_000 }));
    expect((await service.report()).level).toBe('healthy');
    await service.check();
    await deliver();
    expect(raised).toEqual([
      'ses.reputation.approaching',
      'ses.reputation.changed',
      'ses.reputation.changed',
      'ses.reputation.recovered',
    ]);
  });

  it('keeps sent mail through an outage of the database', async () => {
    const { ledger, service } = instance();
    await dataSource.destroy();
    for (let n = 0; n < 100; n++) ledger.bookSent([mail(0, { sent: 1 })]);
    await expect(service.report()).rejects.toMatchObject({ code: 'SES_STORE_UNAVAILABLE' });
    await dataSource.initialize();
    while ((await totals()).account?.sent !== 100) await sleep(20);
    await ledger.onApplicationShutdown();
    expect((await totals())['stream:news']!.sent).toBe(100);
  });

  it('writes at shutdown what was not written yet', async () => {
    const { ledger } = instance();
    await dataSource.destroy();
    ledger.bookSent([mail(0, { sent: 1 })]);
    await ledger.flush().catch(() => undefined);
    await dataSource.initialize();
    ledger.bookSent([mail(0, { sent: 1 })]);
    await ledger.onApplicationShutdown();
    expect((await totals()).account!.sent).toBe(2);
  });

  function instance(options: ConstructorParameters<typeof Instance>[2] = {}) {
    const made = new Instance(dataSource, NOW, { minimumVolume: 10, minimumCount: 1, ...options });
    return Object.assign(made, { book: made.book.bind(made) });
  }

  async function totals(): Promise<Record<string, Counts>> {
    const sums: Record<string, Counts> = {};
    for (const bucket of await dataSource.manager.find(ReputationBucket)) {
      const sum = (sums[bucket.dimension] ??= {});
      for (const counter of COUNTERS) sum[counter] = (sum[counter] ?? 0) + bucket[counter];
    }
    return sums;
  }

  async function widths(): Promise<number[]> {
    const buckets = await dataSource.manager.find(ReputationBucket);
    return [...new Set(buckets.map(({ minutes }) => minutes))];
  }
});
