import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { MINUTE_MS } from './bucket-width.js';
import {
  BOOKING_SKEW_MS,
  eligible,
  representativeWindow,
  type RepresentativeWindow,
  type WindowBucket,
} from './representative-window.js';
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

type Raw<T> = { [K in keyof T]: string | number | null };

const PAGE = 1_000;
const WIDEST_MS = 1_440 * MINUTE_MS;
const ELIGIBLE = 'CASE WHEN b.sent > b.excluded THEN b.sent - b.excluded ELSE 0 END';

/**
 * Reads what a report is made of: a few thousand buckets at the very most, since old ones are merged, however
 * much mail there was.
 *
 * @param span.at the windows end there; milliseconds since the epoch
 * @param span.upTo buckets that begin later are left out; milliseconds since the epoch
 * @param span.volume so many eligible emails make the main window
 */
export async function measure(
  manager: EntityManager,
  dimension: string,
  { at, upTo: latest, volume }: { at: number; upTo: number; volume: number },
): Promise<Measurement> {
  const upTo = () =>
    manager
      .createQueryBuilder(ReputationBucket, 'b')
      .where('b.dimension = :dimension AND b.start <= :latest', { dimension, latest });
  const first = await upTo()
    .andWhere('b.sent > b.excluded')
    .orderBy('b.start', 'ASC')
    .limit(1)
    .select('b.start', 'start')
    .getRawOne<{ start: string | number }>();
  const since = first ? Number(first.start) - BOOKING_SKEW_MS : 0;
  const counted = () => upTo().andWhere('b.start >= :since', { since });
  return {
    first: first ? Number(first.start) : null,
    main: representativeWindow(await newest(counted, volume), volume),
    windows: await sums(counted(), at),
  };
}

/** Buckets, newest first, until they hold that much eligible mail. */
async function newest(
  buckets: () => SelectQueryBuilder<ReputationBucket>,
  volume: number,
): Promise<WindowBucket[]> {
  const found: WindowBucket[] = [];
  let held = 0;
  for (let last: WindowBucket | undefined; ; last = found.at(-1)) {
    const query = buckets().orderBy('b.start', 'DESC').addOrderBy('b.minutes', 'DESC').limit(PAGE).select([]);
    for (const column of ['start', 'minutes', ...COUNTED]) query.addSelect(`b.${column}`, column);
    if (last) {
      query.andWhere('(b.start < :start OR (b.start = :start AND b.minutes < :minutes))', {
        start: last.start,
        minutes: last.minutes,
      });
    }
    const page = (await query.getRawMany<Raw<WindowBucket>>()).map(toNumbers);
    found.push(...page);
    held += page.reduce((sum, bucket) => sum + eligible(bucket), 0);
    if (held >= volume || page.length < PAGE) return found;
  }
}

const COUNTED = ['sent', 'excluded', 'unaccounted', 'hardBounces', 'complaints'] as const;

/** A bucket belongs to a window when any of it does: exact to the minute where mail is counted by the minute. */
async function sums(
  query: SelectQueryBuilder<ReputationBucket>,
  at: number,
): Promise<Measurement['windows']> {
  const longest = at - WINDOWS['30d'] * MINUTE_MS;
  query.andWhere('b.start > :earliest', { earliest: longest - WIDEST_MS }).select([]);
  for (const name of WINDOW_NAMES) {
    const from = `from${name}`;
    query.setParameter(from, at - WINDOWS[name] * MINUTE_MS);
    const inside = `b.start + b.minutes * ${MINUTE_MS} > :${from}`;
    const sum = (expression: string, as: string) =>
      query.addSelect(`SUM(CASE WHEN ${inside} THEN ${expression} ELSE 0 END)`, `${as}_${name}`);
    sum(ELIGIBLE, 'volume');
    sum('b.hardBounces', 'hardBounces');
    sum('b.complaints', 'complaints');
  }
  const row = await query.getRawOne<Record<string, string | number | null>>();
  const counts = (name: WindowName): WindowCounts => ({
    volume: Number(row?.[`volume_${name}`] ?? 0),
    hardBounces: Number(row?.[`hardBounces_${name}`] ?? 0),
    complaints: Number(row?.[`complaints_${name}`] ?? 0),
  });
  return { '1h': counts('1h'), '24h': counts('24h'), '7d': counts('7d'), '30d': counts('30d') };
}

function toNumbers(row: Raw<WindowBucket>): WindowBucket {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])) as never;
}
