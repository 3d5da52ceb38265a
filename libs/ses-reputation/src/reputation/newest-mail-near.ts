import type { EntityManager } from 'typeorm';
import { RawSql, tableNames } from '../store/raw-sql.js';
import { MINUTE_MS, MINUTES_FOR_MS } from './bucket-width.js';
import { emptyWindow, type RepresentativeWindow } from './representative-window.js';
import { ReputationBucket } from './reputation-bucket.entity.js';

/** So many buckets are looked at one by one, half of them on either side of where the window is thought to end. */
const LOOKED_AT = 64;

type Row = Record<
  'start' | 'minutes' | 'sent' | 'volume' | 'bounced' | 'complaints' | 'unaccounted',
  string | number | null
>;

/**
 * The same as `newestMail`, for less work where it is known about where the window ends: what is newer is added up,
 * and only a few buckets are looked at.
 *
 * @param span.near about where it ends; `null`: nowhere, the window holds all. Milliseconds since the epoch
 * @returns `null` if it does not end there
 */
export async function newestMailNear(
  manager: EntityManager,
  span: { dimension: string; since: number; upTo: number; volume: number; near: number | null },
): Promise<RepresentativeWindow | null> {
  const { since, upTo, volume, near } = span;
  const head = near === null ? since - 1 : Math.max(since - 1, near + marginOf(upTo - near));
  const [sums, ...buckets] = await read(manager, span, head);
  // Not even with all that was sent was it reached there: what is excluded can only have made it less.
  if (!sums || Number(sums.sent) >= volume) return null;
  const window = {
    from: sums.start === null ? null : Number(sums.start),
    volume: Number(sums.volume),
    hardBounces: Number(sums.bounced),
    complaints: Number(sums.complaints),
    unaccounted: Number(sums.unaccounted),
  };
  for (const bucket of buckets) {
    if (window.volume >= volume) break;
    if (Number(bucket.volume) > 0) window.from = Number(bucket.start);
    window.volume += Number(bucket.volume);
    window.hardBounces += Number(bucket.bounced);
    window.complaints += Number(bucket.complaints);
    window.unaccounted += Number(bucket.unaccounted);
  }
  if (window.volume < volume && buckets.length === LOOKED_AT) return null;
  return window.from === null ? emptyWindow() : { ...window, volume: Math.max(0, window.volume) };
}

/** How much newer than that the buckets begin that are looked at: they are minutes, or hours. */
function marginOf(ageMs: number): number {
  return (LOOKED_AT / 2) * MINUTE_MS * (ageMs > MINUTES_FOR_MS ? 60 : 1);
}

/** The sums of all buckets that begin after `head` (with the start of the oldest of them that has eligible mail), and
 * the next ones, the newest first. */
async function read(
  manager: EntityManager,
  { dimension, since, upTo }: { dimension: string; since: number; upTo: number },
  head: number,
): Promise<Row[]> {
  const sql = new RawSql(manager);
  const { table, column } = tableNames(manager, ReputationBucket);
  const start = column('start');
  const minutes = column('minutes');
  const sent = column('sent');
  const eligible = `${sent} - ${column('excluded')}`;
  const counters = [column('hardBounces'), column('complaints'), column('unaccounted')] as const;
  const of = () => `FROM ${table} WHERE ${column('dimension')} = ${sql.value(dimension)}`;
  const sums =
    `SELECT MIN(CASE WHEN ${sent} > ${column('excluded')} THEN ${start} END) AS start, 0 AS minutes, ` +
    `SUM(${sent}) AS sent, SUM(${eligible}) AS volume, SUM(${counters[0]}) AS bounced, ` +
    `SUM(${counters[1]}) AS complaints, SUM(${counters[2]}) AS unaccounted ${of()} ` +
    `AND ${start} > ${sql.value(head)} AND ${start} <= ${sql.value(upTo)}`;
  const next =
    `SELECT ${start}, ${minutes}, ${sent}, ${eligible}, ${counters.join(', ')} ${of()} ` +
    `AND ${start} <= ${sql.value(Math.min(head, upTo))} AND ${start} >= ${sql.value(since)} ` +
    `ORDER BY ${start} DESC, ${minutes} DESC LIMIT ${LOOKED_AT}`;
  const rows = await sql.rows<Row>(`${sums} UNION ALL SELECT * FROM (${next}) n`);
  // Parts of a union have no order of their own.
  return rows.toSorted(
    (a, b) =>
      Number(Number(a.minutes) > 0) - Number(Number(b.minutes) > 0) ||
      Number(b.start) - Number(a.start) ||
      Number(b.minutes) - Number(a.minutes),
  );
}
