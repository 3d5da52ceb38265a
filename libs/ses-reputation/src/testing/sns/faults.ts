import { FLAG, MILLISECONDS, wholeNumber, type RulesFor } from '../members-check.js';

/** What goes wrong between SNS and its subscribers, on demand. */
export interface TransportFaults {
  /**
   * How many extra copies of each message arrive. The first copy is posted together with the original, so that
   * both are handled at the same time; further ones follow when those are answered.
   */
  duplicates?: number;
  /** How long each message is on its way before its first attempt, in milliseconds. */
  delayMs?: number;
  /** Messages published within 50 ms (or `delayMs`, if longer) of each other arrive newest first. */
  reorder?: boolean;
  /** SNS itself is down: its API, its certificates and its confirmation links answer 503. Deliveries go on. */
  outage?: boolean;
}

/** How long messages gather before they go out in the wrong order. */
export const REORDER_WINDOW_MS = 50;

export const TRANSPORT_FAULT_RULES: RulesFor<TransportFaults> = {
  duplicates: wholeNumber('a whole number of extra copies, 0 or more', 0),
  delayMs: MILLISECONDS,
  reorder: FLAG,
  outage: FLAG,
};
