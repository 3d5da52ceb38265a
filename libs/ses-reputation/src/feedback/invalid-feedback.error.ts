import { SesReputationError } from '../errors.js';

/** What `FeedbackService.ingest` was given is none of the things it takes. Nothing was stored. */
export class InvalidFeedbackError extends SesReputationError {
  readonly code = 'SES_INVALID_FEEDBACK';

  constructor(why: string, options?: { cause?: unknown }) {
    super(
      `${why}. Pass an SNS envelope, an SES event, an EventBridge event of aws.ses, or the event of a Lambda ` +
        'function, as an object or as JSON text',
      options,
    );
  }
}
