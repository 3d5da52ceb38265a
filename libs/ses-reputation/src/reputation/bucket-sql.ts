import type { EntityManager } from 'typeorm';
import { insertAll, insertion, type Insertion } from '../store/insert-rows.js';
import type { BucketDelta } from './bucket-delta.js';
import { COUNTERS, ReputationBucket } from './reputation-bucket.entity.js';

/**
 * Adds to buckets, and makes those that are not there. One statement adds in the database itself, so that two
 * writers never lose what the other added; rows come sorted, so that they never wait for each other in a ring.
 */
export function addToBuckets(tx: EntityManager, sorted: readonly BucketDelta[]): Promise<void> {
  return insertAll(tx, [bucketInsertion(sorted)]);
}

/** What {@link addToBuckets} writes, for one who writes more with it. */
export function bucketInsertion(sorted: readonly BucketDelta[]): Insertion {
  const rows = sorted.map(({ dimension, start, minutes, counts }) =>
    Object.assign(new ReputationBucket(), ZEROS, { dimension, start: new Date(start), minutes }, counts),
  );
  return insertion(ReputationBucket, rows, { keys: ['dimension', 'start', 'minutes'], add: COUNTERS });
}

const ZEROS = Object.fromEntries(COUNTERS.map((counter) => [counter, 0]));
