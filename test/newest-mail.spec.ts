import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { newestMailNear } from '../libs/ses-reputation/src/reputation/newest-mail-near.js';
import { newestMail } from '../libs/ses-reputation/src/reputation/representative-window.js';
import { ReputationBucket } from '../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { openDataSource } from './support/open-data-source.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Begins an hour. */
const NOON = Date.UTC(2026, 4, 1, 12);
const DIMENSION = 'account';

interface Counts {
  sent: number;
  excluded?: number;
  hardBounces?: number;
  complaints?: number;
  unaccounted?: number;
}

const counts: fc.Arbitrary<Counts> = fc.record({
  sent: fc.nat(20),
  excluded: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(30)),
  hardBounces: fc.nat(3),
  complaints: fc.nat(3),
  unaccounted: fc.nat(3),
});

const EVEN = { sent: 10 };

function span(volume: number) {
  return { dimension: DIMENSION, since: NOON - 30 * 24 * HOUR_MS, upTo: NOON, volume };
}

/** A bucket a minute, the newest first; `null`: none in that minute. */
function minutesOf(each: readonly (Counts | null)[]): (Counts & { at: number })[] {
  return each.flatMap((counted, n) => (counted ? [{ ...counted, at: NOON - n * MINUTE_MS }] : []));
}

function even(minutes: number) {
  return minutesOf(Array.from({ length: minutes }, () => EVEN));
}

describe.each(databaseKinds())('the newest mail on $name', ({ create }) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await create();
    dataSource = await openDataSource(database);
  });
  beforeEach(() => dataSource.manager.clear(ReputationBucket));
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const put = (buckets: readonly (Counts & { at: number; minutes?: number })[]) =>
    dataSource.manager.insert(
      ReputationBucket,
      buckets.map(({ at, minutes = 1, ...counted }) => ({
        dimension: DIMENSION,
        start: new Date(at),
        minutes,
        ...counted,
      })),
    );
  it('is found near where it ends, and nowhere else', async () => {
    await put(even(300));
    const whole = await newestMail(dataSource.manager, span(2_000));
    expect(whole).toMatchObject({ volume: 2_000, from: NOON - 199 * MINUTE_MS });
    const near = (minutes: number) =>
      newestMailNear(dataSource.manager, { ...span(2_000), near: NOON - minutes * MINUTE_MS });
    expect(await near(199)).toEqual(whole);
    expect(await near(190)).toEqual(whole);
    expect(await near(210)).toEqual(whole);
    // Ends before what is looked at, and after.
    expect(await near(150)).toBeNull();
    expect(await near(280)).toBeNull();
  });

  it('holds all where there is less', async () => {
    await put(even(300));
    const whole = await newestMail(dataSource.manager, span(5_000));
    expect(whole.volume).toBe(3_000);
    expect(await newestMailNear(dataSource.manager, { ...span(5_000), near: null })).toEqual(whole);
    const last = NOON - 290 * MINUTE_MS;
    expect(await newestMailNear(dataSource.manager, { ...span(5_000), near: last })).toEqual(whole);
    // More buckets than are looked at come before the first of all.
    const early = NOON - 200 * MINUTE_MS;
    expect(await newestMailNear(dataSource.manager, { ...span(5_000), near: early })).toBeNull();
  });

  it('takes the wider of two buckets of one start first', async () => {
    await put([
      { at: NOON, sent: 10 },
      { at: NOON - HOUR_MS, sent: 10 },
      { at: NOON - HOUR_MS, minutes: 60, sent: 5, hardBounces: 1 },
    ]);
    const found = await newestMailNear(dataSource.manager, { ...span(12), near: NOON - HOUR_MS });
    expect(found).toMatchObject({ volume: 15, hardBounces: 1 });
    expect(found).toEqual(await newestMail(dataSource.manager, span(12)));
  });

  it('knows of no end where what was excluded may hide it', async () => {
    const older = Array.from({ length: 100 }, () => ({ sent: 1 }));
    await put(minutesOf([{ sent: 30 }, { sent: 0, excluded: 25 }, ...older]));
    expect(await newestMail(dataSource.manager, span(20))).toMatchObject({ volume: 30, from: NOON });
    const near = NOON - 60 * MINUTE_MS;
    expect(await newestMailNear(dataSource.manager, { ...span(20), near })).toBeNull();
  });

  it('is the same as looked for in all buckets, wherever it is thought to end', async () => {
    let ended = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(counts), { maxLength: 160 }),
        fc.array(fc.tuple(fc.nat(3), counts), { maxLength: 3 }),
        fc.integer({ min: 1, max: 1_500 }),
        fc.option(fc.integer({ min: -10, max: 200 })),
        async (minutes, hours, volume, near) => {
          await dataSource.manager.clear(ReputationBucket);
          const byKey = new Map(hours.map(([ago, counted]) => [ago, counted]));
          await put([
            ...minutesOf(minutes),
            ...[...byKey].flatMap(([ago, counted]) => [
              { ...counted, at: NOON - ago * HOUR_MS, minutes: 60 },
            ]),
          ]);
          const found = await newestMailNear(dataSource.manager, {
            ...span(volume),
            near: near === null ? null : NOON - near * MINUTE_MS,
          });
          if (found === null) return;
          ended++;
          expect(found).toEqual(await newestMail(dataSource.manager, span(volume)));
        },
      ),
      { numRuns: 100 },
    );
    expect(ended).toBeGreaterThan(0);
  }, 120_000);
});
