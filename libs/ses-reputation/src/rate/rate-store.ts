import type { SharedRate } from './shared-rate.js';

/** Where instances keep what they share. */
export interface RateStore {
  /**
   * Changes it: of several who do so at once, each sees what the one before it has made. `step` may run several times.
   *
   * @throws if it can't be reached, or does not answer in time; whether it was changed is not known then
   */
  change(step: (before: SharedRate | null) => SharedRate): Promise<void>;
}

/** A store that is asked so often must answer soon: milliseconds. */
export const ANSWER_MS = 2_000;
