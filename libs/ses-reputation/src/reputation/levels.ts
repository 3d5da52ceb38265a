import type { LevelLimits } from '../options/ses-reputation-options.js';
import { rate } from './rate.js';

/** From good to bad, named for what Amazon does at each. */
export const REPUTATION_LEVELS = ['healthy', 'warning', 'review', 'pause'] as const;

export type ReputationLevel = (typeof REPUTATION_LEVELS)[number];

/** A level that has a limit. */
export type ReputationLimit = Exclude<ReputationLevel, 'healthy'>;

/** How many of how many. */
export interface Tally {
  count: number;
  volume: number;
}

/** What a tally is judged by. */
export interface LevelRules {
  limits: LevelLimits;
  minimumVolume: number;
  minimumCount: number;
}

/** A level is left strictly below this part of its limit, so that a rate on the limit does not flicker. */
const LEFT_BELOW = 0.9;

/**
 * The level of a rate: reached at its limit, and once reached kept down to 90 % of it.
 *
 * @param previous level until now; `healthy` for a judgement without memory
 */
export function levelOf(
  fraction: number,
  limits: LevelLimits,
  previous: ReputationLevel = 'healthy',
): ReputationLevel {
  const holds = (level: ReputationLevel) =>
    level === 'healthy' ||
    fraction >= limits[level] ||
    (!isWorse(level, previous) && fraction >= partOf(limits[level], LEFT_BELOW));
  return REPUTATION_LEVELS.findLast(holds)!;
}

/** The level of a tally: healthy below a minimum, where a single bounce would be a high rate. */
export function judge(
  tally: Tally,
  rules: LevelRules,
  previous: ReputationLevel = 'healthy',
): ReputationLevel {
  if (tally.volume < rules.minimumVolume || tally.count < rules.minimumCount) return 'healthy';
  return levelOf(rate(tally.count, tally.volume), rules.limits, previous);
}

/** The limits at which the approach of each level is announced. */
export function approachLimits(limits: LevelLimits, approach: number): LevelLimits {
  return {
    warning: partOf(limits.warning, approach),
    review: partOf(limits.review, approach),
    pause: partOf(limits.pause, approach),
  };
}

export function isWorse(a: ReputationLevel, b: ReputationLevel): boolean {
  return REPUTATION_LEVELS.indexOf(a) > REPUTATION_LEVELS.indexOf(b);
}

export function worseOf(a: ReputationLevel, b: ReputationLevel): ReputationLevel {
  return isWorse(a, b) ? a : b;
}

/** 0.9 × 0.05 is 0.045000000000000005 in floating point, and 45 of 1,000 would be below it: so as in decimal. */
function partOf(limit: number, part: number): number {
  return Number((limit * part).toPrecision(15));
}
