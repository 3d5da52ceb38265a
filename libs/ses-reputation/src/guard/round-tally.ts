import type { EntityManager } from 'typeorm';
import { ReputationBucket } from '../reputation/reputation-bucket.entity.js';
import { dimensionOfPart } from '../reputation/dimension.js';
import type { MailCounts, RoundTally } from './probe-round.js';
import type { ProbeRound } from './stream-guard.js';

const SUMS = {
  volume: 'CASE WHEN b.sent > b.excluded THEN b.sent - b.excluded ELSE 0 END',
  hardBounces: 'b.hardBounces',
  complaints: 'b.complaints',
  deliveries: 'b.deliveries',
} as const;

const COUNTS = Object.keys(SUMS) as (keyof typeof SUMS)[];

const PARTS = {
  all: 'b.start >= :startedAt',
  settled: 'b.start >= :startedAt AND b.start <= :fullAt',
  probe: 'b.start >= :probeFrom',
} as const satisfies Record<keyof RoundTally, string>;

/** Counts the stream's mail of the round and its probe: a bucket a minute, of two days at most. */
export async function tallyRound(
  manager: EntityManager,
  stream: string,
  { startedAt, probeFrom, fullAt }: ProbeRound,
): Promise<RoundTally> {
  const query = manager
    .createQueryBuilder(ReputationBucket, 'b')
    .select([])
    .where('b.dimension = :dimension AND b.start >= :probeFrom', {
      dimension: dimensionOfPart('stream', stream),
      probeFrom,
    })
    .setParameters({ startedAt, fullAt: fullAt ?? Number.MAX_SAFE_INTEGER });
  for (const [part, condition] of Object.entries(PARTS)) {
    for (const name of COUNTS) {
      query.addSelect(`SUM(CASE WHEN ${condition} THEN ${SUMS[name]} ELSE 0 END)`, `${part}_${name}`);
    }
  }
  const row = await query.getRawOne<Record<string, string | number | null>>();
  const sum = (part: keyof RoundTally, name: keyof typeof SUMS) => Number(row?.[`${part}_${name}`] ?? 0);
  const counts = (part: keyof RoundTally): MailCounts => {
    const hardBounces = sum(part, 'hardBounces');
    const complaints = sum(part, 'complaints');
    // What came back was sent, though its count is missing: its instance has crashed, or still waits for the database.
    const known = hardBounces + Math.max(sum(part, 'deliveries'), complaints);
    return { volume: Math.max(sum(part, 'volume'), known), hardBounces, complaints };
  };
  return { all: counts('all'), settled: counts('settled'), probe: counts('probe') };
}
