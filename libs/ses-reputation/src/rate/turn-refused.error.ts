export type TurnRefusal = 'closing' | 'cancelled' | 'too long' | 'quota';

const WHY: Record<TurnRefusal, string> = {
  closing: 'the application closes, and the message still waited for its turn',
  cancelled: 'it was stopped while the message waited for its turn',
  'too long': 'the message has waited for its turn for rate.maxWaitMs',
  quota: "the rest of the account's 24-hour quota is kept for critical streams (rate.reserve)",
};

/** A message does not get its turn. Nothing was sent. */
export class TurnRefusedError extends Error {
  constructor(readonly refusal: TurnRefusal) {
    super(WHY[refusal]);
    this.name = 'TurnRefusedError';
  }
}
