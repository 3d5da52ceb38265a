import { REPUTATION_LEVELS, type LevelRules, type ReputationLevel, type Tally } from './levels.js';
import { rate } from './rate.js';

/**
 * How many more hard bounces (complaints) among the mail already sent until the next level: the least number
 * that makes the level worse than `level`. `null` at `pause`, and where not even all of the mail could.
 */
export function headroom(tally: Tally, rules: LevelRules, level: ReputationLevel): number | null {
  const next = REPUTATION_LEVELS[REPUTATION_LEVELS.indexOf(level) + 1];
  if (!next || next === 'healthy' || tally.volume < rules.minimumVolume) return null;
  const limit = rules.limits[next];
  // Multiplied, a limit may come out one too high or too low: the division is what the level goes by.
  let least = Math.ceil(limit * tally.volume);
  while (least > 0 && rate(least - 1, tally.volume) >= limit) least--;
  while (least < tally.volume && rate(least, tally.volume) < limit) least++;
  const total = Math.max(least, rules.minimumCount, tally.count + 1);
  return total > tally.volume ? null : total - tally.count;
}
