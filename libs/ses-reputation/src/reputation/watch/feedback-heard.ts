/** Name in the memory table of when SES was last heard. */
export const FEEDBACK_HEARD = 'feedback-heard';

/** An instance writes it down at most so often: the stored time may be so much too early. */
export const HEARD_EVERY_MS = 60_000;

/** When SES was last heard, in milliseconds since the epoch. */
export interface FeedbackHeard {
  /** Any event at all. */
  at: number;
  /** An event that each good mail has: `Send`, `Delivery`, `Open`, `Click`; `null`: none yet. */
  deliveryAt: number | null;
}

/** The later of two, each for itself: instances write without waiting for each other. */
export function laterHeard(a: FeedbackHeard | null, b: FeedbackHeard): FeedbackHeard {
  if (!a) return b;
  const deliveries = [a.deliveryAt, b.deliveryAt].filter((at) => at !== null);
  return {
    at: Math.max(a.at, b.at),
    deliveryAt: deliveries.length === 0 ? null : Math.max(...deliveries),
  };
}
