import type { EntityManager } from 'typeorm';
import { RawSql, tableNames } from '../store/raw-sql.js';
import { MINUTE_MS } from './bucket-width.js';
import { dimensionOfPart, OTHER, otherOf, type DimensionKind } from './dimension.js';
import { InvalidReportQueryError } from './invalid-report-query.error.js';
import { BOOKING_SKEW_MS, WIDEST_MS, WINDOWS, type WindowName } from './measure.js';
import { OWN_STREAM } from './place-rows.js';
import { PROVIDERS } from './providers.js';
import { rate } from './rate.js';
import { ReputationBucket } from './reputation-bucket.entity.js';
import { ReputationDimension } from './reputation-dimension.entity.js';

export const BREAKDOWNS = ['stream', 'domain', 'provider', 'configuration-set'] as const;
export const BREAKDOWN_WINDOWS = ['24h', '7d', '30d'] as const;

/** What to list, and how. */
export interface BreakdownQuery {
  by: (typeof BREAKDOWNS)[number];
  /** The time before now that is counted. Default `30d`. */
  window?: (typeof BREAKDOWN_WINDOWS)[number];
  /** At most so many rows, 1 to 1,000. Default 100. */
  limit?: number;
}

/** One part of the mail. Rates are fractions from 0 to 1. */
export interface BreakdownRow {
  /** Of the stream, recipient domain, mailbox provider or configuration set; `(other)` of all the rest. */
  name: string;
  /** It is the rest: what has no place of its own, or providers that aren't told apart. */
  other: boolean;
  /** Eligible emails, by recipient. */
  volume: number;
  bounce: { rate: number; count: number };
  complaint: { rate: number; count: number };
}

/** @throws InvalidReportQueryError */
export function checkedBreakdown(query: BreakdownQuery): Required<BreakdownQuery> {
  const { by, window = '30d', limit = 100, ...unknown } = query ?? {};
  const [key] = Object.keys(unknown);
  if (key !== undefined) {
    throw new InvalidReportQueryError(
      `"${key.slice(0, 100)}" is nothing a breakdown goes by: use by, window or limit`,
    );
  }
  oneOf('by', by, BREAKDOWNS);
  oneOf('window', window, BREAKDOWN_WINDOWS);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
    throw new InvalidReportQueryError(
      `"limit" is ${String(limit)} — expected a whole number from 1 to 1,000`,
    );
  }
  return { by, window, limit };
}

function oneOf(name: string, value: unknown, all: readonly string[]): void {
  if (all.includes(value as string)) return;
  throw new InvalidReportQueryError(
    `"${name}" is ${JSON.stringify(value)} — expected one of ${all.join(', ')}`,
  );
}

type Row = Record<'dimension' | 'volume' | 'bounced' | 'complaints', string | number>;

/**
 * One query, whatever there is to list; it counts as the fixed windows of a report do.
 *
 * @param at the window ends there; milliseconds since the epoch
 */
export async function breakdown(
  manager: EntityManager,
  { by, window, limit }: Required<BreakdownQuery>,
  at: number,
): Promise<BreakdownRow[]> {
  const sql = new RawSql(manager);
  const { table, column } = tableNames(manager, ReputationBucket);
  const of = (alias: string, property: keyof ReputationBucket) => `${alias}.${column(property)}`;
  const oldest = at - WINDOWS[window satisfies WindowName] * MINUTE_MS;
  const volume = `SUM(${of('b', 'sent')} - ${of('b', 'excluded')})`;
  const first =
    `SELECT f.${column('start')} FROM ${table} f WHERE ${of('f', 'dimension')} = l.name ` +
    `AND ${of('f', 'sent')} > 0 AND ${of('f', 'start')} <= ${sql.value(at)} ORDER BY ${of('f', 'start')} LIMIT 1`;
  const rows = await sql.rows<Row>(
    `SELECT d.name AS dimension, ${volume} AS volume, SUM(${of('b', 'hardBounces')}) AS bounced, ` +
      `SUM(${of('b', 'complaints')}) AS complaints ` +
      `FROM (SELECT l.name AS name, (${first}) AS first_mail FROM (${listed(manager, sql, by)}) l) d ` +
      `JOIN ${table} b ON ${of('b', 'dimension')} = d.name ` +
      `AND ${of('b', 'start')} >= d.first_mail - ${BOOKING_SKEW_MS} ` +
      `WHERE ${of('b', 'start')} > ${sql.value(oldest - WIDEST_MS)} AND ${of('b', 'start')} <= ${sql.value(at)} ` +
      `AND ${of('b', 'start')} + ${of('b', 'minutes')} * ${MINUTE_MS} > ${sql.value(oldest)} ` +
      `GROUP BY d.name ORDER BY ${volume} DESC, d.name LIMIT ${limit}`,
  );
  return rows.map((row) => rowOf(row, by));
}

/** The names to look for. A scan of the buckets for those that begin so would read all of them. */
function listed(manager: EntityManager, sql: RawSql, by: DimensionKind): string {
  const { table, column } = tableNames(manager, ReputationDimension);
  const dimension = column('dimension');
  if (by !== 'provider') {
    const kinds = by === 'stream' ? [by, OWN_STREAM] : [by];
    return `SELECT ${dimension} AS name FROM ${table} WHERE ${column('kind')} IN (${sql.list(kinds)})`;
  }
  const names = [...PROVIDERS.map((provider) => dimensionOfPart(by, provider)), otherOf(by)];
  // Their names are our own.
  return names.map((name) => `SELECT '${name}' AS name`).join(' UNION ALL ');
}

function rowOf(row: Row, by: DimensionKind): BreakdownRow {
  const name = row.dimension.toString().slice(by.length + 1);
  const volume = Math.max(0, Number(row.volume));
  const share = (count: number) => ({ rate: rate(count, volume), count });
  return {
    name,
    other: name === OTHER,
    volume,
    bounce: share(Number(row.bounced)),
    complaint: share(Number(row.complaints)),
  };
}
