import { Injectable, Logger } from '@nestjs/common';
import { SesEventBus } from '../../events/ses-event-bus.js';
import type { IngestOutcome } from '../ingest.js';
import { PostedFeedback } from '../posted-feedback.js';
import { SubscriptionConfirmer } from './confirm-subscription.js';
import { parseEnvelope, type ConfirmationEnvelope } from './envelope.js';
import { EnvelopeVerifier } from './verify-envelope.js';

/** What became of a post of SNS's. */
export type FeedbackStatus = IngestOutcome | 'confirmed' | 'unsubscribed';

/** Parses, verifies and acts on what is posted to the feedback route. */
@Injectable()
export class SnsReceiver {
  private readonly logger = new Logger('SesFeedback');

  constructor(
    private readonly verifier: EnvelopeVerifier,
    private readonly confirmer: SubscriptionConfirmer,
    private readonly posted: PostedFeedback,
    private readonly events: SesEventBus,
  ) {}

  /**
   * @param body text, or the object a body parser has made of it
   * @param rawDelivery the post has SNS's header for raw message delivery
   * @throws FeedbackRefusedError if the body can't be read or is not to be believed
   * @throws StoreUnavailableError if the database did not take it
   */
  async receive(body: unknown, { rawDelivery }: { rawDelivery: boolean }): Promise<FeedbackStatus> {
    const envelope = parseEnvelope(body, { rawDelivery });
    await this.verifier.verify(envelope);
    switch (envelope.Type) {
      case 'Notification':
        return this.posted.take(envelope.Message);
      case 'SubscriptionConfirmation':
        return this.subscribe(envelope);
      case 'UnsubscribeConfirmation':
        return this.unsubscribe(envelope);
    }
  }

  private async subscribe(envelope: ConfirmationEnvelope): Promise<FeedbackStatus> {
    if (await this.confirmer.confirm(envelope)) {
      this.logger.log(`Subscribed to ${envelope.TopicArn}`);
      this.events.emit('ses.feedback.subscribed', topicEvent(envelope));
    }
    return 'confirmed';
  }

  /** The SubscribeURL of such an envelope would subscribe again, against the will of whoever unsubscribed. */
  private unsubscribe(envelope: ConfirmationEnvelope): FeedbackStatus {
    this.logger.warn(
      `Unsubscribed from ${envelope.TopicArn}: no more feedback of it will arrive. ` +
        'Subscribe this endpoint again if that was not meant.',
    );
    this.events.emit('ses.feedback.unsubscribed', topicEvent(envelope));
    return 'unsubscribed';
  }
}

function topicEvent({ MessageId, TopicArn, at }: ConfirmationEnvelope) {
  return { id: MessageId, at: new Date(at), topicArn: TopicArn };
}
