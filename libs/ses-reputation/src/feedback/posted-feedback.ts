import { Inject, Injectable } from '@nestjs/common';
import { FEEDBACK_LIMITS, type FeedbackLimits } from './feedback-limits.js';
import { FeedbackRefusedError } from './feedback-refused.js';
import { FeedbackIngest, type IngestOutcome } from './ingest.js';

/**
 * Takes in what was posted, for as long as SNS waits for an answer. A database that hangs is not fed for ever: each
 * post that it keeps holds a connection, or a place in the line for one, and its message.
 */
@Injectable()
export class PostedFeedback {
  private underWay = 0;
  private overdue = 0;

  constructor(
    private readonly ingest: FeedbackIngest,
    @Inject(FEEDBACK_LIMITS) private readonly limits: FeedbackLimits,
  ) {}

  /**
   * What is answered with 503 for taking too long may still be stored afterwards: SNS tries again, and is told
   * `repeated`.
   *
   * @throws FeedbackRefusedError 503 after `ingestMs`, or if too many are under way
   * @throws StoreUnavailableError if the database did not take it
   */
  async take(message: string): Promise<IngestOutcome> {
    const { ingestMs, ingests, ingestsWhileOverdue } = this.limits;
    if (this.underWay >= (this.overdue === 0 ? ingests : ingestsWhileOverdue))
      throw new FeedbackRefusedError(503, 'too much feedback waits to be stored; try again');
    let timer: NodeJS.Timeout | undefined;
    let late = false;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        late = true;
        this.overdue++;
        reject(new FeedbackRefusedError(503, `the feedback was not stored within ${ingestMs} ms; try again`));
      }, ingestMs);
    });
    this.underWay++;
    const taking = this.ingest.ingest(message, { source: 'http' }).finally(() => {
      clearTimeout(timer);
      this.underWay--;
      if (late) this.overdue--;
    });
    return Promise.race([taking, deadline]);
  }
}
