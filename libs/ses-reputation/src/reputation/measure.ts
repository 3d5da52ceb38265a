import type { EntityManager } from 'typeorm';
import { RawSql, tableNames } from '../store/raw-sql.js';
import { MINUTE_MS } from './bucket-width.js';
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

/** The mail of one band: younger than its end, older than the end of the band before. */
interface Band extends WindowCounts {
  band: number;
  /** Width of its widest bucket. */
  minutes: number;
}

type BandRow = Record<'band' | 'volume' | 'bounced' | 'complaints' | 'minutes', string | number>;

/**
 * Reads what a report is made of: a few thousand buckets at most, since old ones are merged, however much mail
 * there was. The database adds them up.
 *
 * Nothing counts from before the first counted mail: feedback for it would have no volume to stand against.
 *
 * @param span.at the windows end there; milliseconds since the epoch
 * @param span.upTo buckets that begin later are left out; milliseconds since the epoch
 * @param span.volume so many eligible emails make the main window
 */
export async function measure(
  manager: EntityManager,
  dimension: string,
  { at, upTo, volume }: { at: number; upTo: number; volume: number },
): Promise<Measurement> {
  const first = await firstMail(manager, dimension, upTo);
  if (first === null) return { first, main: emptyWindow(), windows: windowsOf([]) };
  const since = first - BOOKING_SKEW_MS;
  const bands = await bandsOf(manager, dimension, { at, upTo, since });
  const near = Math.max(since, searchFrom(bands, at, volume));
  const span = { dimension, upTo, volume };
  let main = await newestMail(manager, { ...span, since: near });
  // Mail of the account's suppression list may have taken away what was added up.
  if (main.volume < volume && near > since) main = await newestMail(manager, { ...span, since });
  return { first, main, windows: windowsOf(bands) };
}

async function firstMail(manager: EntityManager, dimension: string, upTo: number): Promise<number | null> {
  const first = await manager
    .createQueryBuilder(ReputationBucket, 'b')
    .select('b.start', 'start')
    .where('b.dimension = :dimension AND b.start <= :upTo AND b.sent > 0', { dimension, upTo })
    .orderBy('b.start', 'ASC')
    .limit(1)
    .getRawOne<{ start: string | number }>();
  return first ? Number(first.start) : null;
}

/** A bucket belongs to a band when any of it does: exact to the minute where mail is counted by the minute. */
async function bandsOf(
  manager: EntityManager,
  dimension: string,
  { at, upTo, since }: { at: number; upTo: number; since: number },
): Promise<Band[]> {
  const sql = new RawSql(manager);
  const { table, column } = tableNames(manager, ReputationBucket);
  const end = `${column('start')} + ${column('minutes')} * ${MINUTE_MS}`;
  const ends = BANDS.map((minutes) => at - minutes * MINUTE_MS);
  const whens = ends.map((from, band) => `WHEN ${end} > ${sql.value(from)} THEN ${band}`);
  const oldest = ends.at(-1)!;
  const rows = await sql.rows<BandRow>(
    `SELECT CASE ${whens.join(' ')} END AS band, SUM(${column('sent')} - ${column('excluded')}) AS volume, ` +
      `SUM(${column('hardBounces')}) AS bounced, SUM(${column('complaints')}) AS complaints, ` +
      `MAX(${column('minutes')}) AS minutes FROM ${table} ` +
      `WHERE ${column('dimension')} = ${sql.value(dimension)} AND ${column('start')} <= ${sql.value(upTo)} ` +
      `AND ${column('start')} >= ${sql.value(Math.max(since, oldest - WIDEST_MS))} ` +
      `AND ${end} > ${sql.value(oldest)} GROUP BY 1`,
  );
  return rows.map((row) => ({
    band: Number(row.band),
    volume: Number(row.volume),
    hardBounces: Number(row.bounced),
    complaints: Number(row.complaints),
    minutes: Number(row.minutes),
  }));
}

function windowsOf(bands: readonly Band[]): Measurement['windows'] {
  const counts = (name: WindowName): WindowCounts => {
    const inside = bands.filter(({ band }) => BANDS[band]! <= WINDOWS[name]);
    const sum = (counter: keyof WindowCounts) => inside.reduce((total, band) => total + band[counter], 0);
    return {
      volume: Math.max(0, sum('volume')),
      hardBounces: sum('hardBounces'),
      complaints: sum('complaints'),
    };
  };
  return { '1h': counts('1h'), '24h': counts('24h'), '7d': counts('7d'), '30d': counts('30d') };
}

/** From when on there seems to be that much mail, so that no older buckets need to be looked at. */
function searchFrom(bands: readonly Band[], at: number, volume: number): number {
  let held = 0;
  let widest = 0;
  for (const [index, age] of BANDS.entries()) {
    const found = bands.find(({ band }) => band === index);
    held += found?.volume ?? 0;
    widest = Math.max(widest, found?.minutes ?? 0);
    if (held >= volume) return at - (age + widest) * MINUTE_MS;
  }
  return -Infinity;
}
