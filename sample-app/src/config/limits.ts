/** The rates at which Amazon warns, reviews and pauses an account. The check goes by them, and the page draws them. */
export const LIMITS = {
  bounce: { warning: 0.02, review: 0.05, pause: 0.1 },
  complaint: { warning: 0.0008, review: 0.001, pause: 0.005 },
};

export type Limits = (typeof LIMITS)['bounce'];
