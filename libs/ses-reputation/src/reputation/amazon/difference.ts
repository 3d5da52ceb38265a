import type { AmazonComparison, RateComparison } from './amazon-rates.js';

/** Older figures of Amazon's are shown, and no reason to alarm. */
export const STALE_AFTER_MS = 86_400_000;
/** What was beyond the tolerance counts as back at this part of it, so that a difference on it does not flicker. */
const BACK_AT = 0.9;

/**
 * Whether our rate is further from Amazon's than it may be.
 *
 * @param before what the last check found
 */
export function differs(compared: RateComparison, tolerance: number, before: boolean): boolean {
  const distance = Math.abs(compared.difference);
  return distance > tolerance || (before && distance > Number((tolerance * BACK_AT).toPrecision(12)));
}

export function isStale({ at }: AmazonComparison, now: number): boolean {
  return now - at.getTime() > STALE_AFTER_MS;
}
