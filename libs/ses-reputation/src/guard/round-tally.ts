import type { EntityManager } from 'typeorm';
import { ReputationBucket } from '../reputation/reputation-bucket.entity.js';
import { dimensionOfPart } from '../reputation/dimension.js';
import type { MailCounts, RoundTally } from './probe-round.js';
import type { ProbeRound } from './stream-guard.js';

const SUMS = {
  volume: 'CASE WHEN b.sent > b.excluded THEN b.sent - b.excluded ELSE 0 END',
  hardBounces: 'b.hardBounces',
  complaints: 'b.complaints',
} as const;

const COUNTS = Object.keys(SUMS) as (keyof MailCounts)[];

/** Counts the stream's mail of the round: a bucket a minute, since a round is judged within an hour of its first mail. */
export async function tallyRound(
  manager: EntityManager,
  stream: string,
  { startedAt, fullAt }: ProbeRound,
): Promise<RoundTally> {
  const query = manager
    .createQueryBuilder(ReputationBucket, 'b')
    .select([])
    .where('b.dimension = :dimension AND b.start >= :startedAt', {
      dimension: dimensionOfPart('stream', stream),
      startedAt,
    })
    .setParameter('fullAt', fullAt ?? Number.MAX_SAFE_INTEGER);
  for (const name of COUNTS) {
    query.addSelect(`SUM(${SUMS[name]})`, `all_${name}`);
    query.addSelect(`SUM(CASE WHEN b.start <= :fullAt THEN ${SUMS[name]} ELSE 0 END)`, `settled_${name}`);
  }
  const row = await query.getRawOne<Record<string, string | number | null>>();
  const counts = (part: string): MailCounts => ({
    volume: Number(row?.[`${part}_volume`] ?? 0),
    hardBounces: Number(row?.[`${part}_hardBounces`] ?? 0),
    complaints: Number(row?.[`${part}_complaints`] ?? 0),
  });
  return { all: counts('all'), settled: counts('settled') };
}
