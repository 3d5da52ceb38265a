import { Inject, Injectable } from '@nestjs/common';
import { Retraction } from '../store/group-commit.js';
import { FEEDBACK_LIMITS, type FeedbackLimits } from './feedback-limits.js';
import { FeedbackOverloadedError } from './feedback-overloaded.error.js';
import { FeedbackRefusedError } from './feedback-refused.js';
import { FeedbackIngest, type IngestOutcome } from './ingest.js';

/** Takes in what was posted, for as long as SNS waits for an answer. */
@Injectable()
export class PostedFeedback {
  constructor(
    private readonly ingest: FeedbackIngest,
    @Inject(FEEDBACK_LIMITS) private readonly limits: FeedbackLimits,
  ) {}

  /**
   * What is answered with 503 for taking too long is taken back, so that a database that hangs is not fed for
   * ever. If it was being stored already, it may be stored afterwards: SNS tries again, and is told `repeated`.
   *
   * @throws FeedbackRefusedError 503 after `ingestMs`, or if too much feedback waits
   * @throws StoreUnavailableError if the database did not take it
   */
  take(message: string): Promise<IngestOutcome> {
    const { ingestMs } = this.limits;
    return new Promise((resolve, reject) => {
      const late = new Retraction();
      const timer = setTimeout(() => {
        late.retract();
        reject(new FeedbackRefusedError(503, `the feedback was not stored within ${ingestMs} ms; try again`));
      }, ingestMs);
      this.ingest
        .ingest(message, { source: 'http', retraction: late })
        .then(resolve, (error: unknown) => reject(refusalOf(error)))
        .finally(() => clearTimeout(timer));
    });
  }
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof FeedbackOverloadedError)) return error;
  return new FeedbackRefusedError(503, 'too much feedback waits to be stored; try again', { cause: error });
}
