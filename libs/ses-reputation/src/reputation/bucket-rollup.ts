import { LessThan, type EntityManager } from 'typeorm';
import type { Store } from '../store/store.js';
import { BucketDeltas } from './bucket-delta.js';
import { bucketNames, addToBuckets } from './bucket-sql.js';
import { DAYS_FOR_MS, HOURS_FOR_MS, MINUTES_FOR_MS, startOf } from './bucket-width.js';
import { COUNTERS, ReputationBucket } from './reputation-bucket.entity.js';

/** Small, so that bookings never wait long for it. SQLite takes an OR of at most 1,000. */
const BUCKETS_A_TRANSACTION = 400;

/**
 * Merges minutes older than 48 h into hours and hours older than 32 days into days, and forgets days after two
 * years: no rate looks further back, and no table grows for ever. Several instances may do it at once.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailableError; what is left is merged the next time
 */
export async function rollUp(store: Store, now: number): Promise<void> {
  // Only whole hours and days, none of which a booking of now would still be booked to by the minute or hour.
  await merge(store, 1, 60, startOf(now - MINUTES_FOR_MS, 60));
  await merge(store, 60, 1440, startOf(now - HOURS_FOR_MS, 1440));
  const oldest = new Date(startOf(now - DAYS_FOR_MS, 1440));
  await store.transaction((tx) => tx.delete(ReputationBucket, { minutes: 1440, start: LessThan(oldest) }));
}

async function merge(store: Store, from: number, to: number, before: number): Promise<void> {
  while ((await store.transaction((tx) => mergeSome(tx, store, from, to, before))) === BUCKETS_A_TRANSACTION);
}

async function mergeSome(
  tx: EntityManager,
  store: Store,
  from: number,
  to: number,
  before: number,
): Promise<number> {
  const query = tx
    .createQueryBuilder(ReputationBucket, 'b')
    .where('b.minutes = :from AND b.start < :before', { from, before })
    .orderBy('b.start')
    .addOrderBy('b.dimension')
    .limit(BUCKETS_A_TRANSACTION);
  // Whoever comes second waits here, and then no longer finds what the first one has merged.
  if (store.dialect !== 'sqlite') query.setLock('pessimistic_write');
  const narrow = await query.getMany();
  const wide = new BucketDeltas();
  for (const bucket of narrow) {
    const counts = Object.fromEntries(COUNTERS.map((counter) => [counter, bucket[counter]]));
    wide.add({
      dimension: bucket.dimension,
      start: startOf(bucket.start.getTime(), to),
      minutes: to,
      counts,
    });
  }
  await addToBuckets(tx, store.dialect, wide.sorted());
  await remove(tx, store, narrow);
  return narrow.length;
}

async function remove(tx: EntityManager, store: Store, buckets: readonly ReputationBucket[]): Promise<void> {
  if (buckets.length === 0) return;
  const { table, column, place } = bucketNames(tx, store.dialect);
  const keys = ['dimension', 'start', 'minutes'].map((key) => column(key));
  const one = (_: unknown, row: number) =>
    `(${keys.map((key, n) => `${key} = ${place(row * keys.length + n)}`).join(' AND ')})`;
  await tx.query(
    `DELETE FROM ${table} WHERE ${buckets.map(one).join(' OR ')}`,
    buckets.flatMap(({ dimension, start, minutes }) => [dimension, start.getTime(), minutes]),
  );
}
