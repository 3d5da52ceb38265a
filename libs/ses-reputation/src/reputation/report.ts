import { NO_EVENTS, type OutboxCounts } from '../events/outbox-counts.js';
import type { ResolvedOptions } from '../options/ses-reputation-options.js';
import type { AccountStatus } from './amazon/account-status.js';
import { compareRates, type AmazonComparison, type AmazonRates } from './amazon/amazon-rates.js';
import { forecast, type MetricTrend, type ReputationForecast, type TrendWindow } from './forecast.js';
import { headroom } from './headroom.js';
import { judge, worseOf, type LevelRules, type ReputationLevel, type Tally } from './levels.js';
import { WINDOW_NAMES, type Measurement, type WindowCounts, type WindowName } from './measure.js';
import { rate } from './rate.js';
import { wilsonInterval, type RateInterval } from './wilson.js';

/** One rate against its limits. Rates are fractions from 0 to 1. */
export interface MetricReport {
  rate: number;
  /** Hard bounces, or complaints. */
  count: number;
  /** Eligible emails, by recipient. */
  volume: number;
  /** Where the true rate lies, at a confidence of 95 % (Wilson). Levels go by `rate`. */
  interval: RateInterval;
  level: ReputationLevel;
  /** How many more among the mail already sent until the next level; `null` if there is no such number. */
  headroom: number | null;
}

export interface WindowReport {
  bounce: { rate: number; count: number };
  complaint: { rate: number; count: number };
  volume: number;
}

/** Where an account, a stream, a recipient domain, a mailbox provider or a configuration set stands. */
export interface ReputationReport {
  /** `other`: what was asked for has no place of its own, and these are the figures of all that has none. */
  countedAs: 'own' | 'other';
  bounce: MetricReport;
  complaint: MetricReport;
  /** The worse of the two. */
  level: ReputationLevel;
  /** What `bounce` and `complaint` are taken over: the newest eligible emails. */
  window: { from: Date; to: Date; volume: number };
  /** The same over fixed times before `window.to`. */
  windows: Record<WindowName, WindowReport>;
  /** When the next limit is reached if mail goes on as of late; `null` where that can't be known, or won't happen
   * within 30 days, and in a report of another time than now. */
  forecast: ReputationForecast | null;
  /** Mail in `window` that no application with this module sent, and its share (0 to 1). */
  unaccounted: { volume: number; share: number };
  /** What Amazon last said of the account; `null` before its first answer. */
  account: AccountStatus | null;
  /** Amazon's own rates, and how far ours are from them. `null` without `reputation.amazonRates`, before its first
   * figures, and in a report of the past or of a part of the mail. */
  amazon: AmazonComparison | null;
  /** How the delivery of this application's events stands now. */
  events: OutboxCounts;
}

/** The levels of the last check: what hysteresis goes by. */
export interface LevelMemory {
  bounceLevel: ReputationLevel;
  complaintLevel: ReputationLevel;
}

export type ReputationRules = ResolvedOptions['reputation'];

export function rulesOf(metric: 'bounce' | 'complaint', rules: ReputationRules): LevelRules {
  const { minimumVolume, minimumCount, limits } = rules;
  return { minimumVolume, minimumCount, limits: limits[metric] };
}

/**
 * @param at milliseconds since the epoch
 * @param memory `null` for a report of the past, or of a part of the mail
 */
export function reportOf(
  { first, main, windows }: Measurement,
  at: number,
  rules: ReputationRules,
  memory: LevelMemory | null,
  account: AccountStatus | null,
  amazon: AmazonRates | null = null,
  events: OutboxCounts = NO_EVENTS,
): ReputationReport {
  const { volume } = main;
  const bounce = metric({ count: main.hardBounces, volume }, rulesOf('bounce', rules), memory?.bounceLevel);
  const complaint = metric(
    { count: main.complaints, volume },
    rulesOf('complaint', rules),
    memory?.complaintLevel,
  );
  return {
    countedAs: 'own',
    bounce,
    complaint,
    level: worseOf(bounce.level, complaint.level),
    window: { from: new Date(main.from ?? at), to: new Date(at), volume },
    windows: Object.fromEntries(WINDOW_NAMES.map((name) => [name, windowReport(windows[name])])) as never,
    forecast: forecast(
      [trendOf('bounce', bounce, windows, rules), trendOf('complaint', complaint, windows, rules)],
      { now: at, first, windowVolume: rules.windowVolume },
    ),
    unaccounted: { volume: main.unaccounted, share: rate(main.unaccounted, volume) },
    account,
    amazon: amazon && compareRates({ bounce: bounce.rate, complaint: complaint.rate }, amazon),
    events,
  };
}

function metric(tally: Tally, rules: LevelRules, previous?: ReputationLevel): MetricReport {
  const level = judge(tally, rules, previous);
  return {
    ...tally,
    rate: rate(tally.count, tally.volume),
    interval: wilsonInterval(tally.count, tally.volume),
    level,
    headroom: headroom(tally, rules, level),
  };
}

function trendOf(
  name: MetricTrend['metric'],
  { count, volume, level }: MetricReport,
  windows: Measurement['windows'],
  rules: ReputationRules,
): MetricTrend {
  const counter = name === 'bounce' ? 'hardBounces' : 'complaints';
  const recent = (window: TrendWindow) => ({
    count: windows[window][counter],
    volume: windows[window].volume,
  });
  return {
    metric: name,
    main: { count, volume },
    level,
    rules: rulesOf(name, rules),
    recent: { '1h': recent('1h'), '24h': recent('24h'), '7d': recent('7d') },
  };
}

function windowReport({ volume, hardBounces, complaints }: WindowCounts): WindowReport {
  return {
    bounce: { rate: rate(hardBounces, volume), count: hardBounces },
    complaint: { rate: rate(complaints, volume), count: complaints },
    volume,
  };
}
