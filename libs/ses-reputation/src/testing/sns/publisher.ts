import { randomUUID } from 'node:crypto';
import { snsHost } from './amazon-names.js';
import type { Courier, Delivery } from './courier.js';
import { serializeEnvelope, signEnvelope, type UnsignedEnvelope } from './envelope.js';
import { invalidParameter } from './errors.js';
import type { Message } from './message.js';
import { SIGNING_CERTIFICATE_PATH } from './signing-key.js';
import type { Subscription, Subscriptions } from './subscriptions.js';
import { isFifo, signatureVersionOf, type Topic } from './topics.js';

/** A message that SNS gave up on. Amazon discards it without a word; here a test can look. */
export interface FailedDelivery {
  type: UnsignedEnvelope['Type'];
  messageId: string;
  endpoint: string;
  reason: string;
  attempts: number;
}

/** Puts messages into signed envelopes and hands them to the courier. */
export class Publisher {
  /** Newest last. */
  readonly failed: FailedDelivery[] = [];
  private readonly host: string;

  constructor(
    region: string,
    private readonly subscriptions: Subscriptions,
    private readonly courier: Courier,
    private readonly now: () => Date,
  ) {
    this.host = snsHost(region);
  }

  /** To everyone who is confirmed now; who is confirmed later does not get it. */
  publish(topic: Topic, message: Message): string {
    if (isFifo(topic)) {
      throw invalidParameter(
        'Invalid parameter: TopicArn Reason: the simulator delivers standard topics only',
      );
    }
    const messageId = randomUUID();
    const Timestamp = this.now().toISOString();
    for (const subscription of this.subscriptions.of(topic.arn)) {
      if (subscription.state !== 'confirmed') continue;
      const text = message.textFor(subscription.protocol);
      const envelope: UnsignedEnvelope = {
        Type: 'Notification',
        ...this.commonFields(topic, messageId, text),
        Timestamp,
        ...(message.subject !== undefined && { Subject: message.subject }),
        UnsubscribeURL: `https://${this.host}/?Action=Unsubscribe&SubscriptionArn=${subscription.arn}`,
        ...(message.attributes && { MessageAttributes: message.attributes }),
      };
      this.send(subscription, envelope, {
        body: subscription.rawMessageDelivery ? text : undefined,
        isWanted: () => subscription.state === 'confirmed',
      });
    }
    return messageId;
  }

  /** Asks the endpoint whether it wants to be subscribed. */
  askForConfirmation(topic: Topic, subscription: Subscription): void {
    const text =
      `You have chosen to subscribe to the topic ${topic.arn}.\n` +
      'To confirm the subscription, visit the SubscribeURL included in this message.';
    this.send(subscription, this.confirmation('SubscriptionConfirmation', topic, subscription, text), {
      isWanted: () => subscription.state === 'pending',
      onAttempt: (ended) => void this.subscriptions.awaitAnswer(subscription, ended),
      onFailure: (why) =>
        this.subscriptions.giveUp(subscription, `the confirmation was not delivered: ${why}`),
    });
  }

  /** Tells the endpoint that it was unsubscribed, and how to undo that. */
  tellOfRemoval(topic: Topic, subscription: Subscription): void {
    const text =
      `You have chosen to deactivate subscription ${subscription.arn}.\n` +
      'To cancel this operation and restore the subscription, visit the SubscribeURL included in this message.';
    this.send(subscription, this.confirmation('UnsubscribeConfirmation', topic, subscription, text), {
      isWanted: () => subscription.state === 'removed',
    });
  }

  private confirmation(
    Type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation',
    topic: Topic,
    { token }: Subscription,
    text: string,
  ): UnsignedEnvelope {
    return {
      Type,
      ...this.commonFields(topic, randomUUID(), text),
      Timestamp: this.now().toISOString(),
      Token: token,
      SubscribeURL: `https://${this.host}/?Action=ConfirmSubscription&TopicArn=${topic.arn}&Token=${token}`,
    };
  }

  private commonFields(topic: Topic, MessageId: string, Message: string) {
    return {
      MessageId,
      TopicArn: topic.arn,
      Message,
      SignatureVersion: signatureVersionOf(topic),
      SigningCertURL: `https://${this.host}${SIGNING_CERTIFICATE_PATH}`,
    };
  }

  private send(
    subscription: Subscription,
    envelope: UnsignedEnvelope,
    options: Pick<Delivery, 'isWanted' | 'onAttempt'> & { body?: string; onFailure?(why: string): void },
  ): void {
    this.courier.send({
      url: subscription.endpoint,
      headers: headersFor(subscription, envelope, options.body !== undefined),
      body: options.body ?? serializeEnvelope(signEnvelope(envelope)),
      isWanted: options.isWanted,
      onAttempt: options.onAttempt,
      onSettled: ({ delivered, reason, attempts }) => {
        if (delivered) return;
        const why = `${reason} (attempt ${attempts})`;
        this.failed.push({
          type: envelope.Type,
          messageId: envelope.MessageId,
          endpoint: subscription.endpoint,
          reason: reason ?? '',
          attempts,
        });
        options.onFailure?.(why);
      },
    });
  }
}

function headersFor(
  subscription: Subscription,
  { Type, MessageId, TopicArn }: UnsignedEnvelope,
  raw: boolean,
): Record<string, string> {
  return {
    'x-amz-sns-message-type': Type,
    'x-amz-sns-message-id': MessageId,
    'x-amz-sns-topic-arn': TopicArn,
    ...(Type !== 'SubscriptionConfirmation' && { 'x-amz-sns-subscription-arn': subscription.arn }),
    ...(raw && { 'x-amz-sns-rawdelivery': 'true' }),
    'Content-Type': 'text/plain; charset=UTF-8',
    'User-Agent': 'Amazon Simple Notification Service Agent',
    Connection: 'Keep-Alive',
    'Accept-Encoding': 'gzip,deflate',
  };
}
