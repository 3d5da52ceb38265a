import type { EntityManager } from 'typeorm';
import { withoutRest, type GiveWay } from '../store/giving-way.js';
import type { Store } from '../store/store.js';
import { BucketDeltas } from './bucket-delta.js';
import { removeBuckets } from './bucket-removal.js';
import { addToBuckets } from './bucket-sql.js';
import { HOURS_FOR_MS } from './bucket-width.js';
import type { DimensionPlaces } from './dimension-places.js';
import { isPlacedKind, kindOf, otherOf, type PlacedKind } from './dimension.js';
import { lockKind, OWN_STREAM, setPlaces } from './place-rows.js';
import { COUNTERS, ReputationBucket } from './reputation-bucket.entity.js';
import { ReputationDimension } from './reputation-dimension.entity.js';

/** A place is lost after so long without mail: nothing but days is left of it then. */
export const IDLE_MS = HOURS_FOR_MS;

/** Small, so that bookings never wait long for it. */
const BUCKETS_A_TRANSACTION = 1_000;

/**
 * Frees the places of dimensions that had no mail for 32 days, and moves the buckets of all that have no place
 * into `(other)`, a few at a time. Several instances may do it at once; what one leaves, the next run does.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailableError, StoppedError
 */
export async function keepPlaces(
  store: Store,
  places: DimensionPlaces,
  now: number,
  giveWay: GiveWay = withoutRest,
): Promise<void> {
  const before = now - IDLE_MS;
  for (const row of await store.read((manager) => idleRows(manager, before))) {
    if (!places.isAlways(row.dimension)) await giveWay(() => free(store, row, now));
  }
  places.forget();
  for (const dimension of await strays(store, places)) await settle(store, places, dimension, now, giveWay);
}

/** Rows without a bucket as young as that. */
function idleRows(manager: EntityManager, before: number): Promise<ReputationDimension[]> {
  const query = manager.createQueryBuilder(ReputationDimension, 'd');
  const young = query
    .subQuery()
    .select('1')
    .from(ReputationBucket, 'b')
    .where('b.dimension = d.dimension AND b.start > :before')
    .getQuery();
  return query
    .where('d.firstSeenAt <= :before', { before })
    .andWhere(`NOT EXISTS ${young}`)
    .orderBy('d.dimension')
    .getMany();
}

/** The place goes first: whatever is booked from then on is booked to `(other)`, or takes a new place. */
async function free(store: Store, { dimension, kind }: ReputationDimension, now: number): Promise<void> {
  await store.transaction(async (tx) => {
    const taken = await lockKind(tx, store.dialect, kindOf(dimension) as PlacedKind, now);
    const { affected } = await tx.delete(ReputationDimension, { dimension, kind });
    if (affected && kind !== OWN_STREAM) await setPlaces(tx, kind as PlacedKind, taken - 1);
  });
}

/**
 * Dimensions that have buckets and no place: freed ones, those that an instance has still booked to in the minute
 * after, and those from before there were places. Those with the most mail first.
 */
async function strays(store: Store, places: DimensionPlaces): Promise<string[]> {
  return store.read(async (manager) => {
    const rows = await manager.find(ReputationDimension);
    const placed = new Set(rows.map(({ dimension }) => dimension));
    const found: { dimension: string; sent: number }[] = [];
    for (let last = await nextAfter(manager, ''); last !== null; last = await nextAfter(manager, last)) {
      if (places.isAlways(last) || placed.has(last)) continue;
      found.push({
        dimension: last,
        sent: (await manager.sum(ReputationBucket, 'sent', { dimension: last })) ?? 0,
      });
    }
    return found.toSorted((a, b) => b.sent - a.sent).map(({ dimension }) => dimension);
  });
}

/** One look into the index, where DISTINCT would read all of it. */
async function nextAfter(manager: EntityManager, dimension: string): Promise<string | null> {
  const next = await manager
    .createQueryBuilder(ReputationBucket, 'b')
    .select('MIN(b.dimension)', 'dimension')
    .where('b.dimension > :dimension', { dimension })
    .getRawOne<{ dimension: string | null }>();
  return next?.dimension ?? null;
}

/** Gives a dimension with recent mail a place if there is one; else moves its buckets. */
async function settle(
  store: Store,
  places: DimensionPlaces,
  dimension: string,
  now: number,
  giveWay: GiveWay,
): Promise<void> {
  if (!isPlacedKind(kindOf(dimension))) return;
  const recent = await store.read((manager) =>
    manager
      .createQueryBuilder(ReputationBucket, 'b')
      .where('b.dimension = :dimension AND b.start > :before', { dimension, before: now - IDLE_MS })
      .getExists(),
  );
  if (recent) {
    const elsewhere = await store.transaction((tx) => places.assign(tx, [dimension]));
    if (!elsewhere.has(dimension)) return;
  }
  while (await giveWay(() => store.transaction((tx) => moveSome(tx, store, dimension, now))));
}

/** @returns whether there was anything to move */
async function moveSome(tx: EntityManager, store: Store, dimension: string, now: number): Promise<boolean> {
  const kind = kindOf(dimension) as PlacedKind;
  await lockKind(tx, store.dialect, kind, now);
  // Under the lock: from here to the commit nobody gives it a place.
  if (await tx.existsBy(ReputationDimension, { dimension })) return false;
  const query = tx
    .createQueryBuilder(ReputationBucket, 'b')
    .where('b.dimension = :dimension', { dimension })
    .orderBy('b.start')
    .addOrderBy('b.minutes')
    .limit(BUCKETS_A_TRANSACTION);
  if (store.dialect !== 'sqlite') query.setLock('pessimistic_write');
  const buckets = await query.getMany();
  const moved = new BucketDeltas();
  for (const { start, minutes, ...bucket } of buckets) {
    const counts = Object.fromEntries(COUNTERS.map((counter) => [counter, bucket[counter]]));
    moved.add({ dimension: otherOf(kind), start: start.getTime(), minutes, counts });
  }
  await addToBuckets(tx, moved.sorted());
  for (const width of new Set(buckets.map(({ minutes }) => minutes))) {
    await removeBuckets(
      tx,
      buckets.filter(({ minutes }) => minutes === width),
    );
  }
  return buckets.length > 0;
}
