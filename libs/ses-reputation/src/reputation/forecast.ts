import { MINUTE_MS } from './bucket-width.js';
import {
  isWorse,
  judge,
  REPUTATION_LEVELS,
  type LevelRules,
  type ReputationLevel,
  type ReputationLimit,
  type Tally,
} from './levels.js';
import { rate } from './rate.js';
import { wilsonInterval } from './wilson.js';

/** What a trend may be taken from, the newest first, and its length. */
export const TREND_WINDOWS = {
  '1h': 60 * MINUTE_MS,
  '24h': 1_440 * MINUTE_MS,
  '7d': 10_080 * MINUTE_MS,
} as const;
export type TrendWindow = keyof typeof TREND_WINDOWS;

/** What a forecast rests on. */
export interface ForecastEvidence {
  /** The window that the trend is taken from. */
  window: TrendWindow;
  /** Its rate, as a fraction from 0 to 1. */
  rate: number;
  /** Lower end of the rate's 95 % interval: at the limit or over it, or there would be no forecast. */
  low: number;
  /** Eligible emails a day, at its pace. */
  volumePerDay: number;
  /** How many more emails until the limit. */
  emails: number;
}

/** When the next limit is reached, if mail goes on as it does now. */
export interface ReputationForecast {
  level: ReputationLimit;
  at: Date;
  metric: 'bounce' | 'complaint';
  evidence: ForecastEvidence;
}

/** What is known of one metric. */
export interface MetricTrend {
  metric: 'bounce' | 'complaint';
  main: Tally;
  level: ReputationLevel;
  rules: LevelRules;
  recent: Record<TrendWindow, Tally>;
}

/** The mail that the forecast is made from. */
export interface TrendFrame {
  /** Milliseconds since the epoch. */
  now: number;
  /** When the first mail was counted, in milliseconds since the epoch; `null` if none was. */
  first: number | null;
  /** Emails that the main window holds when it is full. */
  windowVolume: number;
}

/** Fewer emails have no trend. */
const LEAST_VOLUME = 200;
const HORIZON_MS = 30 * 86_400_000;
const DAY_MS = 86_400_000;
const TREND_NAMES = Object.keys(TREND_WINDOWS) as TrendWindow[];

/**
 * When the first of the metrics reaches a worse level, if mail goes on at the pace and rate of late.
 *
 * `null` where that can't be known or won't happen: too little of late to tell, a rate whose 95 % interval
 * reaches below the limit, `pause` already, or more than 30 days to go.
 */
export function forecast(metrics: readonly MetricTrend[], frame: TrendFrame): ReputationForecast | null {
  const all = metrics.flatMap((trend) =>
    REPUTATION_LEVELS.filter((level) => level !== 'healthy' && isWorse(level, trend.level)).flatMap(
      (level) => forecastOf(level as ReputationLimit, trend, frame) ?? [],
    ),
  );
  // Of two at once (the minimum volume, say) the worse one is what happens.
  const [next] = all.toSorted(
    (a, b) => a.at.getTime() - b.at.getTime() || (isWorse(a.level, b.level) ? -1 : 1),
  );
  return next ?? null;
}

function forecastOf(
  level: ReputationLimit,
  trend: MetricTrend,
  frame: TrendFrame,
): ReputationForecast | null {
  const window = evidenceFor(level, trend);
  if (window === null || frame.first === null) return null;
  const recent = trend.recent[window];
  const elapsed = Math.min(TREND_WINDOWS[window], Math.max(MINUTE_MS, frame.now - frame.first));
  const emails = emailsUntil(level, trend, recent, frame.windowVolume);
  if (emails === null) return null;
  const wait = Math.ceil((emails * elapsed) / recent.volume);
  if (wait > HORIZON_MS) return null;
  return {
    level,
    at: new Date(frame.now + wait),
    metric: trend.metric,
    evidence: {
      window,
      rate: rate(recent.count, recent.volume),
      low: wilsonInterval(recent.count, recent.volume).low,
      volumePerDay: Math.round((recent.volume * DAY_MS) / elapsed),
      emails,
    },
  };
}

/** The shortest window that shows a rate at the limit; `null` if none does, or a shorter one shows the opposite. */
function evidenceFor(level: ReputationLimit, { metric, rules, recent }: MetricTrend): TrendWindow | null {
  const limit = rules.limits[level];
  for (const window of TREND_NAMES) {
    const { count, volume } = recent[window];
    if (volume < LEAST_VOLUME) continue;
    const { low, high } = wilsonInterval(count, volume);
    if (low >= limit && count >= rules.minimumCount) return window;
    // Complaints come hours after their mail: that the last hour has none yet means nothing.
    if (high < limit && !(metric === 'complaint' && window === '1h')) return null;
  }
  return null;
}

/**
 * The least number of emails, at the rate of `recent`, after which the level is reached. Until the main window
 * is full each email adds to it; then each pushes out one of those before `recent`. When these are gone, each pushes
 * out one of its own kind, and nothing changes any more.
 */
function emailsUntil(
  level: ReputationLimit,
  { main, rules }: MetricTrend,
  recent: Tally,
  windowVolume: number,
): number | null {
  const fresh = rate(recent.count, recent.volume);
  const older = Math.max(0, main.volume - recent.volume);
  const old = rate(Math.max(0, main.count - recent.count), older);
  const room = Math.max(0, windowVolume - main.volume);
  const after = (emails: number): Tally => {
    const pushedOut = Math.max(0, emails - room);
    return {
      volume: main.volume + Math.min(emails, room),
      count: main.count + emails * fresh - pushedOut * old,
    };
  };
  // Within each of the two stretches, what is reached stays reached.
  const reached = (emails: number) => !isWorse(level, judge(after(emails), rules));
  if (reached(room)) return least(1, room, reached);
  return reached(room + older) ? least(room + 1, room + older, reached) : null;
}

/** The least number from `from` to `to` that holds; `to` does, and so does every number after one that does. */
function least(from: number, to: number, holds: (n: number) => boolean): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}
