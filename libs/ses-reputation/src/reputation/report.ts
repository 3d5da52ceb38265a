import type { ResolvedOptions } from '../options/ses-reputation-options.js';
import type { AccountStatus } from './account-status.js';
import { headroom } from './headroom.js';
import { judge, worseOf, type LevelRules, type ReputationLevel, type Tally } from './levels.js';
import { WINDOW_NAMES, type Measurement, type WindowCounts, type WindowName } from './measure.js';
import { rate } from './rate.js';

/** One rate against its limits. Rates are fractions from 0 to 1. */
export interface MetricReport {
  rate: number;
  /** Hard bounces, or complaints. */
  count: number;
  /** Eligible emails, by recipient. */
  volume: number;
  level: ReputationLevel;
  /** How many more among the mail already sent until the next level; `null` if there is no such number. */
  headroom: number | null;
}

export interface WindowReport {
  bounce: { rate: number; count: number };
  complaint: { rate: number; count: number };
  volume: number;
}

/** Where an account, a stream or a recipient domain stands. */
export interface ReputationReport {
  bounce: MetricReport;
  complaint: MetricReport;
  /** The worse of the two. */
  level: ReputationLevel;
  /** What `bounce` and `complaint` are taken over: the newest eligible emails. */
  window: { from: Date; to: Date; volume: number };
  /** The same over fixed times before `window.to`. */
  windows: Record<WindowName, WindowReport>;
  /** Mail in `window` that no application with this module sent, and its share (0 to 1). */
  unaccounted: { volume: number; share: number };
  /** What Amazon last said of the account; `null` before its first answer. */
  account: AccountStatus | null;
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
  { main, windows }: Measurement,
  at: number,
  rules: ReputationRules,
  memory: LevelMemory | null,
  account: AccountStatus | null,
): ReputationReport {
  const { volume } = main;
  const bounce = metric({ count: main.hardBounces, volume }, rulesOf('bounce', rules), memory?.bounceLevel);
  const complaint = metric(
    { count: main.complaints, volume },
    rulesOf('complaint', rules),
    memory?.complaintLevel,
  );
  return {
    bounce,
    complaint,
    level: worseOf(bounce.level, complaint.level),
    window: { from: new Date(main.from ?? at), to: new Date(at), volume },
    windows: Object.fromEntries(WINDOW_NAMES.map((name) => [name, windowReport(windows[name])])) as never,
    unaccounted: { volume: main.unaccounted, share: rate(main.unaccounted, volume) },
    account,
  };
}

function metric(tally: Tally, rules: LevelRules, previous?: ReputationLevel): MetricReport {
  const level = judge(tally, rules, previous);
  return {
    ...tally,
    rate: rate(tally.count, tally.volume),
    level,
    headroom: headroom(tally, rules, level),
  };
}

function windowReport({ volume, hardBounces, complaints }: WindowCounts): WindowReport {
  return {
    bounce: { rate: rate(hardBounces, volume), count: hardBounces },
    complaint: { rate: rate(complaints, volume), count: complaints },
    volume,
  };
}
