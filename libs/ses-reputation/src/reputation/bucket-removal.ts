import type { EntityManager } from 'typeorm';
import { deleteWhere } from '../store/delete-where.js';
import { ReputationBucket } from './reputation-bucket.entity.js';

const THESE = (c: (property: keyof ReputationBucket) => string) =>
  `${c('minutes')} = :minutes AND ${c('start')} IN (:...starts) AND ${c('dimension')} IN (:...dimensions)`;

/** Exactly these, of one width. Grouped, since a long OR makes PostgreSQL read the whole table. */
export async function removeBuckets(tx: EntityManager, buckets: readonly ReputationBucket[]): Promise<void> {
  const byStart = grouped(buckets, ({ start }) => start.getTime());
  const byDimension = grouped(buckets, ({ dimension }) => dimension);
  for (const group of byStart.length < byDimension.length ? byStart : byDimension) {
    await deleteWhere(tx, ReputationBucket, THESE, {
      minutes: group[0]!.minutes,
      starts: [...new Set(group.map(({ start }) => start.getTime()))],
      dimensions: [...new Set(group.map(({ dimension }) => dimension))],
    });
  }
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string | number): T[][] {
  const groups = new Map<string | number, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups.values()];
}
