/** How much and how long the feedback route waits. Injected, so that a test need not wait. */
export interface FeedbackLimits {
  /** Largest body. SNS's own largest message is 256 KiB, and escaping can make more than twice that of it. */
  bodyBytes: number;
  /** Time for the body to arrive. SNS gives up after 15 s. */
  bodyMs: number;
  /** Time for a certificate or a confirmation, the body of the answer included. */
  fetchMs: number;
  /** Time for the database to take a message in. */
  ingestMs: number;
  /** So many events, by any door, wait for the database or are being stored at once; */
  ingests: number;
  /** and so many characters of them. */
  ingestBytes: number;
}

/** Injection token of {@link FeedbackLimits}. */
export const FEEDBACK_LIMITS = Symbol('FEEDBACK_LIMITS');

export const DEFAULT_FEEDBACK_LIMITS: FeedbackLimits = {
  bodyBytes: 1_048_576,
  bodyMs: 15_000,
  fetchMs: 5_000,
  ingestMs: 10_000,
  ingests: 10_000,
  ingestBytes: 67_108_864,
};
