import { Injectable } from '@nestjs/common';
import { FeedbackIngest, type IngestOutcome } from './ingest.js';
import { unwrapFeedback } from './unwrap-feedback.js';

const BY_NEWS: readonly IngestOutcome[] = ['stored', 'repeated', 'ignored'];

/** Feedback by other doors than the controller: queues, EventBridge, Lambda. */
@Injectable()
export class FeedbackService {
  constructor(private readonly feedback: FeedbackIngest) {}

  /**
   * Takes in what a trusted queue or function was given: an SNS envelope (its signature is not looked at), a
   * raw SES event, an EventBridge event, or a Lambda function's event or one record of it; as an object or as
   * JSON text. The same path as the controller's: what came by another door already is not counted again.
   *
   * @param context.source name of the door, kept with each row, up to 32 characters
   * @returns `stored` if anything of it was new, `repeated` if it was all known, `ignored` if there was no
   *   SES event in it
   * @throws InvalidFeedbackError if it is none of these; trying again is no use
   * @throws FeedbackOverloadedError if too much waits for the database; try again a little later
   * @throws StoreUnavailableError if the database is down; the same again later loses and repeats nothing
   *
   * @example
   * ```ts
   * await feedback.ingest(sqsMessage.Body, { source: 'sqs' });
   * ```
   */
  async ingest(body: unknown, context: { source: string }): Promise<IngestOutcome> {
    const events = unwrapFeedback(body);
    // Several go into one commit; what of them was stored when one fails is known when they come again.
    const ended = await Promise.allSettled(events.map((event) => this.feedback.ingest(event, context)));
    const failed = ended.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    const outcomes = new Set(ended.map((one) => (one as PromiseFulfilledResult<IngestOutcome>).value));
    return BY_NEWS.find((outcome) => outcomes.has(outcome)) ?? 'ignored';
  }
}
