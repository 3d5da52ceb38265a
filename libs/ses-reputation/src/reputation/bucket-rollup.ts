import type { EntityManager } from 'typeorm';
import { withoutRest, type GiveWay } from '../store/giving-way.js';
import type { Store } from '../store/store.js';
import { BucketDeltas } from './bucket-delta.js';
import { removeBuckets } from './bucket-removal.js';
import { addToBuckets } from './bucket-sql.js';
import { DAYS_FOR_MS, HOURS_FOR_MS, MINUTE_MS, MINUTES_FOR_MS, startOf, type Width } from './bucket-width.js';
import { COUNTERS, ReputationBucket } from './reputation-bucket.entity.js';

/** Small, so that bookings never wait long for it. */
const BUCKETS_A_TRANSACTION = 1_000;

/**
 * Merges minutes older than 2 days into hours and hours older than 32 days into days, and forgets days after two
 * years: no rate looks further back, and no table grows for ever. Several instances may do it at once.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailableError, StoppedError; what is left is merged the next time
 */
export async function rollUp(store: Store, now: number, giveWay: GiveWay = withoutRest): Promise<void> {
  const untilDone = async (some: (tx: EntityManager) => Promise<boolean>) => {
    while (await giveWay(() => store.transaction(some)));
  };
  // Only whole hours and days, none of which a booking of now would still be booked to by the minute or hour.
  await untilDone((tx) => mergeSome(tx, store, 1, 60, startOf(now - MINUTES_FOR_MS, 60)));
  await untilDone((tx) => mergeSome(tx, store, 60, 1440, startOf(now - HOURS_FOR_MS, 1440)));
  await untilDone((tx) => forgetSome(tx, startOf(now - DAYS_FOR_MS, 1440)));
}

/** @returns whether there was anything to forget */
async function forgetSome(tx: EntityManager, oldest: number): Promise<boolean> {
  const days = await tx
    .createQueryBuilder(ReputationBucket, 'b')
    .where('b.minutes = 1440 AND b.start < :oldest', { oldest })
    .limit(BUCKETS_A_TRANSACTION)
    .getMany();
  await removeBuckets(tx, days);
  return days.length > 0;
}

/** @returns whether there was anything to merge */
async function mergeSome(
  tx: EntityManager,
  store: Store,
  from: Width,
  to: Width,
  before: number,
): Promise<boolean> {
  const oldest = await tx
    .createQueryBuilder(ReputationBucket, 'b')
    .select('MIN(b.start)', 'start')
    .where('b.minutes = :from AND b.start < :before', { from, before })
    .getRawOne<{ start: string | number | null }>();
  if (!oldest || oldest.start === null) return false;
  const start = startOf(Number(oldest.start), to);
  const query = tx
    .createQueryBuilder(ReputationBucket, 'b')
    .where('b.minutes = :from AND b.start >= :start AND b.start < :end', {
      from,
      start,
      end: start + to * MINUTE_MS,
    })
    .orderBy('b.start')
    .addOrderBy('b.dimension')
    .limit(BUCKETS_A_TRANSACTION);
  // Whoever comes second waits here, and then no longer finds what the first one has merged.
  if (store.dialect !== 'sqlite') query.setLock('pessimistic_write');
  const narrow = await query.getMany();
  const wide = new BucketDeltas();
  for (const bucket of narrow) {
    const counts = Object.fromEntries(COUNTERS.map((counter) => [counter, bucket[counter]]));
    wide.add({ dimension: bucket.dimension, start, minutes: to, counts });
  }
  await addToBuckets(tx, wide.sorted());
  await removeBuckets(tx, narrow);
  return true;
}
