import type { EntityManager } from 'typeorm';
import { RawSql, tableNames } from '../store/raw-sql.js';
import { MINUTE_MS, startOf, WIDTHS } from './bucket-width.js';
import { newestMailNear } from './newest-mail-near.js';
import { emptyWindow, newestMail, type RepresentativeWindow } from './representative-window.js';
import { ReputationBucket } from './reputation-bucket.entity.js';

/** The fixed windows of a report, in minutes. */
export const WINDOWS = { '1h': 60, '24h': 1_440, '7d': 10_080, '30d': 43_200 } as const;
export type WindowName = keyof typeof WINDOWS;
export const WINDOW_NAMES = Object.keys(WINDOWS) as WindowName[];

export interface WindowCounts {
  volume: number;
  hardBounces: number;
  complaints: number;
}

/** The counts of one dimension, of the mail sent up to one moment. */
export interface Measurement {
  /** Start of the first bucket with mail, in milliseconds since the epoch; `null` if none was counted. */
  first: number | null;
  main: RepresentativeWindow;
  windows: Record<WindowName, WindowCounts>;
}

/**
 * SES's time of a mail is a moment before its answer, from which the mail is counted: its feedback may stand
 * in an earlier minute than itself.
 */
export const BOOKING_SKEW_MS = 2 * MINUTE_MS;

export const WIDEST_MS = 1_440 * MINUTE_MS;

/** Ends of the bands that mail is summed up in, by age in minutes; those between the windows' help to find mail. */
const BANDS = [60, 180, 480, 1_440, 4_320, 10_080, 43_200] as const;

/** Sums of the buckets that begin within a band, or of one bucket. */
interface Sums extends WindowCounts {
  /** Index of the band; `null` of one bucket. */
  band: number | null;
  /** Of one bucket, in milliseconds since the epoch. */
  start: number;
  minutes: number;
}

type SumsRow = Record<
  'band' | 'start' | 'minutes' | 'volume' | 'bounced' | 'complaints',
  string | number | null
>;

interface Span {
  /** The windows end there; milliseconds since the epoch. */
  at: number;
  /** Buckets that begin later are left out; milliseconds since the epoch. */
  upTo: number;
  /** So many eligible emails make the main window. */
  volume: number;
}

/**
 * Reads what a report is made of: a few thousand buckets at most, since old ones are merged, however much mail
 * there was. The database adds them up.
 *
 * Nothing counts from before the first counted mail: feedback for it would have no volume to stand against.
 */
export async function measure(manager: EntityManager, dimension: string, span: Span): Promise<Measurement> {
  const sql = new RawSql(manager);
  const [row] = await sql.rows<{ first: string | number | null }>(
    `SELECT ${firstMail(manager, sql, dimension, span.upTo)} AS first`,
  );
  return measureFrom(manager, dimension, span, firstOf(row));
}

/** As text of a query: start of the first bucket with mail. */
export function firstMail(manager: EntityManager, sql: RawSql, dimension: string, upTo: number): string {
  const { table, column } = tableNames(manager, ReputationBucket);
  const start = column('start');
  return (
    `(SELECT ${start} FROM ${table} WHERE ${column('dimension')} = ${sql.value(dimension)} ` +
    `AND ${start} <= ${sql.value(upTo)} AND ${column('sent')} > 0 ORDER BY ${start} LIMIT 1)`
  );
}

export function firstOf(row: { first: string | number | null } | undefined): number | null {
  return row === undefined || row.first === null ? null : Number(row.first);
}

/** @param first as {@link firstMail} gives it */
export async function measureFrom(
  manager: EntityManager,
  dimension: string,
  { at, upTo, volume }: Span,
  first: number | null,
): Promise<Measurement> {
  if (first === null) return { first, main: emptyWindow(), windows: windowsOf([], at) };
  const since = first - BOOKING_SKEW_MS;
  const sums = await sumsOf(manager, dimension, { at, upTo, since });
  const reach = reachOf(sums, at, volume);
  const span = { dimension, upTo, volume, since };
  let main = await newestMailNear(manager, { ...span, near: reach?.near ?? null });
  main ??= await newestMail(manager, { ...span, since: Math.max(since, reach?.surely ?? since) });
  // Mail of the account's suppression list may have taken away what was added up.
  if (main.volume < volume && reach && reach.surely > since) main = await newestMail(manager, span);
  return { first, main, windows: windowsOf(sums, at) };
}

/**
 * The bands, by ranges of the index: nothing is asked of each bucket. A bucket counts for a window when any of it
 * does (exact to the minute where mail is counted by the minute), so that the few that begin before a window and end
 * in it come by themselves.
 */
async function sumsOf(
  manager: EntityManager,
  dimension: string,
  { at, upTo, since }: { at: number; upTo: number; since: number },
): Promise<Sums[]> {
  const sql = new RawSql(manager);
  const { table, column } = tableNames(manager, ReputationBucket);
  const start = column('start');
  const eligible = `${column('sent')} - ${column('excluded')}`;
  const of = () => `FROM ${table} WHERE ${column('dimension')} = ${sql.value(dimension)}`;
  const bands = BANDS.map(
    (age, band) =>
      `SELECT ${band} AS band, 0 AS start, 0 AS minutes, SUM(${eligible}) AS volume, ` +
      `SUM(${column('hardBounces')}) AS bounced, SUM(${column('complaints')}) AS complaints ${of()} ` +
      `AND ${start} > ${sql.value(Math.max(beginOf(age, at), since - 1))} ` +
      `AND ${start} <= ${sql.value(band === 0 ? upTo : beginOf(BANDS[band - 1]!, at))}`,
  );
  const starts = WINDOW_NAMES.flatMap((name) =>
    WIDTHS.map((width) => startOf(beginOf(WINDOWS[name], at), width)),
  );
  const across =
    `SELECT -1, ${start}, ${column('minutes')}, ${eligible}, ${column('hardBounces')}, ` +
    `${column('complaints')} ${of()} AND ${start} IN (${sql.list(starts)}) AND ${start} >= ${sql.value(since)}`;
  const rows = await sql.rows<SumsRow>([...bands, across].join(' UNION ALL '));
  return rows.map((row) => ({
    band: Number(row.band) < 0 ? null : Number(row.band),
    start: Number(row.start),
    minutes: Number(row.minutes),
    volume: Number(row.volume),
    hardBounces: Number(row.bounced),
    complaints: Number(row.complaints),
  }));
}

function beginOf(age: number, at: number): number {
  return at - age * MINUTE_MS;
}

function windowsOf(sums: readonly Sums[], at: number): Measurement['windows'] {
  const counts = (name: WindowName): WindowCounts => {
    const begin = beginOf(WINDOWS[name], at);
    const inside = sums.filter(({ band, start, minutes }) =>
      band === null ? start <= begin && start + minutes * MINUTE_MS > begin : BANDS[band]! <= WINDOWS[name],
    );
    const sum = (counter: keyof WindowCounts) => inside.reduce((total, some) => total + some[counter], 0);
    return {
      volume: Math.max(0, sum('volume')),
      hardBounces: sum('hardBounces'),
      complaints: sum('complaints'),
    };
  };
  return { '1h': counts('1h'), '24h': counts('24h'), '7d': counts('7d'), '30d': counts('30d') };
}

/**
 * Where so much mail seems to be reached: in the band that begins with `surely`, and with mail as even as it may be in
 * it, `near`. `null` if the bands hold less.
 */
function reachOf(sums: readonly Sums[], at: number, volume: number): { near: number; surely: number } | null {
  let held = 0;
  let younger = 0;
  for (const [band, age] of BANDS.entries()) {
    const more = sums.find((some) => some.band === band)?.volume ?? 0;
    if (held + more >= volume) {
      const near = younger + ((volume - held) / Math.max(1, more)) * (age - younger);
      return { near: Math.floor(beginOf(near, at)), surely: beginOf(age, at) + 1 };
    }
    held += more;
    younger = age;
  }
  return null;
}
