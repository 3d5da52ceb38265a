import type { EntityManager } from 'typeorm';
import { MINUTE_MS } from '../bucket-width.js';
import { ReputationBucket } from '../reputation-bucket.entity.js';

/** What was counted of a stretch of time. All by recipient. */
export interface SentMail {
  sent: number;
  /** Of `sent`, those without a tag of any application with this module. */
  unaccounted: number;
  /** Hard and soft bounces, and complaints. */
  failures: number;
  /** Start of the oldest bucket with mail, in milliseconds since the epoch; `null` if there is none. */
  first: number | null;
}

export interface Stretch {
  dimensions: readonly string[];
  /** Buckets that begin at `from` or later, in milliseconds since the epoch, ... */
  from: number;
  /** ... and end at `to` or earlier. Default: all of them. */
  to?: number;
}

/** Adds up the buckets that lie wholly in a stretch of time. */
export async function sentMail(manager: EntityManager, { dimensions, from, to }: Stretch): Promise<SentMail> {
  const query = manager
    .createQueryBuilder(ReputationBucket, 'b')
    .where('b.dimension IN (:...dimensions) AND b.start >= :from AND b.sent > 0', { dimensions, from });
  if (to !== undefined) query.andWhere(`b.start + b.minutes * ${MINUTE_MS} <= :to`, { to });
  const row = await query
    .select('SUM(b.sent)', 'sent')
    .addSelect('SUM(b.unaccounted)', 'unaccounted')
    .addSelect('SUM(b.hardBounces + b.softBounces + b.complaints)', 'failures')
    .addSelect('MIN(b.start)', 'first')
    .getRawOne<Record<keyof SentMail, string | number | null>>();
  const { first } = row ?? {};
  return {
    sent: Number(row?.sent ?? 0),
    unaccounted: Number(row?.unaccounted ?? 0),
    failures: Number(row?.failures ?? 0),
    first: first === null || first === undefined ? null : Number(first),
  };
}

/** When the first mail was counted, in milliseconds since the epoch; `null` if none was. */
export async function firstMail(manager: EntityManager, dimension: string): Promise<number | null> {
  const row = await manager
    .createQueryBuilder(ReputationBucket, 'b')
    .where('b.dimension = :dimension AND b.sent > 0', { dimension })
    .orderBy('b.start', 'ASC')
    .limit(1)
    .select('b.start', 'start')
    .getRawOne<{ start: string | number }>();
  return row ? Number(row.start) : null;
}
