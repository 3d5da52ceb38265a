import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type DataSource } from 'typeorm';
import { Clock } from '../libs/ses-reputation/src/clock.js';
import type { Booking } from '../libs/ses-reputation/src/reputation/counts.js';
import { ReputationBucket } from '../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { DimensionPlaces } from '../libs/ses-reputation/src/reputation/dimension-places.js';
import { ReputationLedger } from '../libs/ses-reputation/src/reputation/reputation-ledger.js';
import { Store } from '../libs/ses-reputation/src/store/store.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { openDataSource } from './support/open-data-source.js';
import { reputationOptions } from './support/reputation.js';

Logger.overrideLogger(false);

const NOW = Date.UTC(2026, 4, 1, 12, 0, 30);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const clock: Clock = { now: () => NOW };

function sent(ageMs: number, stream: string | null = 'news', domain: string | null = 'example.com'): Booking {
  return { sentAt: new Date(NOW - ageMs), stream, domain, counts: { sent: 1 } };
}

describe.each(databaseKinds())('ReputationLedger on $name', ({ create }) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let store: Store;
  let ledger: ReputationLedger;

  beforeEach(async () => {
    database = await create();
    dataSource = await openDataSource(database, { entityPrefix: 'shop_' });
    store = new Store(dataSource);
    ledger = new ReputationLedger(store, clock, new DimensionPlaces(store, clock, reputationOptions()));
  });

  afterEach(async () => {
    await ledger.onApplicationShutdown();
    if (dataSource.isInitialized) await dataSource.destroy();
    await database.drop();
  });

  const book = (...bookings: Booking[]) => store.transaction((tx) => ledger.book(tx, bookings));

  async function buckets(): Promise<[string, number, number, number][]> {
    const rows = await dataSource.manager.find(ReputationBucket, {
      order: { dimension: 'ASC', start: 'ASC' },
    });
    return rows.map(({ dimension, start, minutes, sent: count }) => [
      dimension,
      start.getTime(),
      minutes,
      count,
    ]);
  }

  it('counts tagged mail for the account and its dimensions, other mail for the account', async () => {
    await book(sent(0), { ...sent(0), configurationSet: 'main' }, sent(0, null, 'example.com'));
    const minute = NOW - 30_000;
    expect(await buckets()).toEqual([
      ['account', minute, 1, 3],
      ['configuration-set:main', minute, 1, 1],
      ['domain:example.com', minute, 1, 2],
      ['provider:(other)', minute, 1, 2],
      ['stream:news', minute, 1, 2],
    ]);
  });

  it('books the older mail the wider, and mail of the future now', async () => {
    await book(sent(2 * DAY, null), sent(2 * DAY + 1, null), sent(33 * DAY, null), sent(-DAY, null));
    expect(await buckets()).toEqual([
      ['account', Date.UTC(2026, 2, 29), 1440, 1],
      ['account', Date.UTC(2026, 3, 29, 12), 1, 1],
      ['account', Date.UTC(2026, 3, 29, 12), 60, 1],
      ['account', NOW - 30_000, 1, 1],
    ]);
  });

  it('adds what many writers book at once, whatever their order', async () => {
    const domains = Array.from({ length: 40 }, (_, n) => `d${n}.example`);
    const each = domains.map((domain, n) => sent(n * MINUTE, 'news', domain));
    await Promise.all(
      Array.from({ length: 12 }, (_, n) => book(...(n % 2 === 0 ? each : each.toReversed()))),
    );
    const rows = await buckets();
    expect(rows).toHaveLength(160);
    expect(rows.every(([, , , count]) => count === 12)).toBe(true);
  });

  it('takes nothing back but what the transaction takes back', async () => {
    await book(sent(0, null));
    const failing = store.transaction(async (tx) => {
      await ledger.book(tx, [sent(0, null)]);
      throw new Error('the rest failed');
    });
    await expect(failing).rejects.toThrow('the rest failed');
    expect((await buckets()).map(([, , , count]) => count)).toEqual([1]);
  });

  it('coalesces sent mail and has written all of it after flush', async () => {
    for (let n = 0; n < 2_500; n++) ledger.bookSent([sent(0, 'news', `d${n % 1_100}.example`)]);
    await ledger.flush();
    const rows = await buckets();
    // The account, the stream, the providers, 500 domains with a place of their own, and the others.
    expect(rows).toHaveLength(504);
    expect(rows.find(([dimension]) => dimension === 'account')).toEqual(['account', NOW - 30_000, 1, 2_500]);
  });

  it('books mail that goes out one after the other in few transactions, and all of it in time', async () => {
    let transactions = 0;
    const counted = new Store(dataSource);
    counted.transaction = async (work) => {
      transactions++;
      return store.transaction(work);
    };
    const places = new DimensionPlaces(store, clock, reputationOptions());
    const busy = new ReputationLedger(counted, clock, places);
    const began = performance.now();
    for (let n = 0; n < 100; n++) {
      busy.bookSent([sent(0, null)]);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    // The first at once, then one in 200 ms at most.
    expect(transactions).toBeLessThanOrEqual(2 + (performance.now() - began) / 200);
    do await new Promise((resolve) => setTimeout(resolve, 5));
    while ((await buckets())[0]?.[3] !== 100);
    await busy.onApplicationShutdown();
    expect((await buckets())[0]).toEqual(['account', NOW - 30_000, 1, 100]);
  });

  it('gives up when it is closed and the database does not take it', async () => {
    let attempts = 0;
    const broken = new Store(dataSource);
    broken.transaction = () => {
      attempts++;
      return Promise.reject(new Error('no database'));
    };
    const closing = new ReputationLedger(
      broken,
      clock,
      new DimensionPlaces(store, clock, reputationOptions()),
    );
    closing.bookSent([sent(0, null)]);
    await closing.onApplicationShutdown();
    const before = attempts;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(attempts).toBe(before);
  });
});
