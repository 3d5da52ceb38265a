import type { EntityManager } from 'typeorm';
import { RawSql, tableNames } from '../store/raw-sql.js';
import { ReputationBucket } from './reputation-bucket.entity.js';

export interface RepresentativeWindow {
  /** Start of its oldest bucket with eligible mail, in milliseconds since the epoch; `null` if there is none. */
  from: number | null;
  /** Eligible emails in it: what the account's own suppression list kept back never went out. */
  volume: number;
  hardBounces: number;
  complaints: number;
  unaccounted: number;
}

export function emptyWindow(): RepresentativeWindow {
  return { from: null, volume: 0, hardBounces: 0, complaints: 0, unaccounted: 0 };
}

type Row = Record<'oldest' | 'volume' | 'bounced' | 'complaints' | 'unaccounted', string | number | null>;

/**
 * The newest `volume` eligible emails, as Amazon takes rates over a representative volume and no fixed time.
 *
 * These are the newest buckets, up to the first with which so much is reached. It is taken whole, so that the
 * window may hold more than `volume`, by less than what that one bucket holds.
 *
 * @param span.since buckets that begin earlier are left out, as those later than `span.upTo`; milliseconds
 */
export async function newestMail(
  manager: EntityManager,
  { dimension, since, upTo, volume }: { dimension: string; since: number; upTo: number; volume: number },
): Promise<RepresentativeWindow> {
  const sql = new RawSql(manager);
  const { table, column } = tableNames(manager, ReputationBucket);
  const newestFirst = `ORDER BY ${column('start')} DESC, ${column('minutes')} DESC`;
  const counters = (['sent', 'excluded', 'hardBounces', 'complaints', 'unaccounted'] as const).map(column);
  const keys = [column('start'), column('minutes')];
  const eligible = `${column('sent')} - ${column('excluded')}`;
  const buckets =
    `SELECT ${[...keys, ...counters].join(', ')}, SUM(${eligible}) ` +
    `OVER (${newestFirst} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS held FROM ${table} ` +
    `WHERE ${column('dimension')} = ${sql.value(dimension)} AND ${column('start')} <= ${sql.value(upTo)} ` +
    `AND ${column('start')} >= ${sql.value(since)}`;
  // Held before: the most, since what is excluded may take a bucket below what was reached.
  const looked =
    `SELECT ${[...keys, ...counters].join(', ')}, MAX(held) ` +
    `OVER (${newestFirst} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached FROM (${buckets}) h`;
  const [row] = await sql.rows<Row>(
    `SELECT MIN(CASE WHEN ${column('sent')} > ${column('excluded')} THEN ${column('start')} END) AS oldest, ` +
      `SUM(${eligible}) AS volume, SUM(${column('hardBounces')}) AS bounced, ` +
      `SUM(${column('complaints')}) AS complaints, SUM(${column('unaccounted')}) AS unaccounted ` +
      `FROM (${looked}) w WHERE reached IS NULL OR reached < ${sql.value(volume)}`,
  );
  if (!row || row.oldest === null) return emptyWindow();
  return {
    from: Number(row.oldest),
    volume: Math.max(0, Number(row.volume)),
    hardBounces: Number(row.bounced),
    complaints: Number(row.complaints),
    unaccounted: Number(row.unaccounted),
  };
}
