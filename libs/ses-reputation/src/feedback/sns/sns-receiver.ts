import { Injectable, Logger } from '@nestjs/common';
import { EventOutbox } from '../../events/event-outbox.js';
import { SesEventBus } from '../../events/ses-event-bus.js';
import type { PendingEvent } from '../../events/ses-events.js';
import type { IngestOutcome } from '../ingest.js';
import { PostedFeedback } from '../posted-feedback.js';
import { SubscriptionConfirmer } from './confirm-subscription.js';
import { parseEnvelope, type ConfirmationEnvelope } from './envelope.js';
import { EnvelopeVerifier } from './verify-envelope.js';

/** SNS gives up after 15 s; a confirmation may have taken 5 of them. */
const STORE_MS = 5_000;

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
    private readonly outbox: EventOutbox,
    private readonly bus: SesEventBus,
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
      await this.raise({ name: 'ses.feedback.subscribed', payload: topicEvent(envelope) });
    }
    return 'confirmed';
  }

  /** The SubscribeURL of such an envelope would subscribe again, against the will of whoever unsubscribed. */
  private async unsubscribe(envelope: ConfirmationEnvelope): Promise<FeedbackStatus> {
    this.logger.warn(
      `Unsubscribed from ${envelope.TopicArn}: no more feedback of it will arrive. ` +
        'Subscribe this endpoint again if that was not meant.',
    );
    await this.raise({ name: 'ses.feedback.unsubscribed', payload: topicEvent(envelope) });
    return 'unsubscribed';
  }

  /** SNS gets its answer in time whatever becomes of the event: what it is about has happened. */
  private async raise(event: PendingEvent): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the database took more than ${STORE_MS} ms`)), STORE_MS);
    });
    try {
      await Promise.race([this.outbox.commit(async (_, raise) => raise([event])), late]);
    } catch (error) {
      this.logger.warn(
        `The event ${event.name} could not be stored, and is raised at once: ${String(error)}`,
      );
      this.bus.emitAll([event]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function topicEvent({ MessageId, TopicArn, at }: ConfirmationEnvelope) {
  return { id: MessageId, at: new Date(at), topicArn: TopicArn };
}
