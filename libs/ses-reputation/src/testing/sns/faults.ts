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

/** @throws RangeError for a number that is no count or duration. */
export function checkFaults(faults: TransportFaults): TransportFaults {
  const { duplicates = 0, delayMs = 0 } = faults;
  if (!Number.isInteger(duplicates) || duplicates < 0) {
    throw new RangeError(`duplicates is ${duplicates}; expected a whole number of extra copies, 0 or more`);
  }
  if (!Number.isFinite(delayMs) || delayMs < 0) {
    throw new RangeError(`delayMs is ${delayMs}; expected milliseconds, 0 or more`);
  }
  return { ...faults };
}
