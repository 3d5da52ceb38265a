import { SesReputationError } from '../errors.js';

/** 400: can't be read; 403: not trusted; 413: too large; 415: compressed; 503: SNS should try again. */
export type RefusalStatus = 400 | 403 | 413 | 415 | 503;

/** Why a post to the feedback route was not taken. Nothing was stored and no event raised. */
export class FeedbackRefusedError extends SesReputationError {
  readonly code = 'SES_FEEDBACK_REFUSED';

  constructor(
    readonly status: RefusalStatus,
    reason: string,
    options?: { cause?: unknown },
  ) {
    super(reason, options);
  }
}
