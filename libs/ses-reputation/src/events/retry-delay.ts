import type { OutboxLimits } from './outbox-limits.js';

/** Wait after attempt number `attempt`: doubling, the last quarter of it random, so that what failed together drifts apart. */
export function retryDelayMs(
  attempt: number,
  { firstRetryMs, longestRetryMs }: Pick<OutboxLimits, 'firstRetryMs' | 'longestRetryMs'>,
  random: number = Math.random(),
): number {
  const most = Math.min(firstRetryMs * 2 ** (attempt - 1), longestRetryMs);
  return Math.round(most * (0.75 + 0.25 * random));
}
