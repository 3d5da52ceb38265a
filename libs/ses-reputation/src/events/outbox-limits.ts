/** Times in milliseconds. */
export interface OutboxLimits {
  /** How often the leader looks for events of other instances, and for those that are due again. */
  pollMs: number;
  /** Between two looks of the leader, while commits follow each other faster than this. */
  burstMs: number;
  /** A listener that has not settled by then has failed this time. */
  listenerMs: number;
  /** Wait after the first attempt; it doubles. */
  firstRetryMs: number;
  longestRetryMs: number;
  /** An event is given up after so many. */
  attempts: number;
  /** Events of one name in memory at a time: where a listener hangs, those of other names go on. */
  inFlight: number;
  /** Events read, or settled, in one statement. */
  page: number;
  /** How long an application that closes waits for its listeners. */
  closingMs: number;
}

export const DEFAULT_OUTBOX_LIMITS: OutboxLimits = {
  pollMs: 500,
  burstMs: 25,
  listenerMs: 60_000,
  firstRetryMs: 1_000,
  longestRetryMs: 300_000,
  attempts: 12,
  inFlight: 500,
  page: 500,
  closingMs: 5_000,
};

/** Injection token of {@link OutboxLimits}. */
export const OUTBOX_LIMITS = Symbol('OUTBOX_LIMITS');
