import { invalidParameter, SnsApiError } from './errors.js';
import { composeMessage } from './message.js';
import type { Publisher } from './publisher.js';
import type { Subscription, Subscriptions } from './subscriptions.js';
import { isFifo, type Topics } from './topics.js';

/**
 * What SNS does, whoever asks: a test through `SnsService` or a client through the Query API. Each throws
 * `SnsApiError` with Amazon's code.
 */
export class Operations {
  constructor(
    readonly topics: Topics,
    readonly subscriptions: Subscriptions,
    private readonly publisher: Publisher,
  ) {}

  publish(topicArn: string, text: string, options: Parameters<typeof composeMessage>[1]): string {
    return this.publisher.publish(this.topics.get(topicArn), composeMessage(text, options));
  }

  /** Asks an endpoint that is not confirmed, also one that was asked before, as Amazon does. */
  subscribe(topicArn: string, endpoint: string, rawMessageDelivery?: boolean): Subscription {
    const topic = this.topics.get(topicArn);
    if (isFifo(topic)) {
      throw invalidParameter('Invalid parameter: Invalid protocol type: FIFO topics take no http endpoint');
    }
    checkEndpoint(endpoint);
    const subscription = this.subscriptions.add(topic, endpoint, rawMessageDelivery);
    if (subscription.state === 'pending') this.publisher.askForConfirmation(topic, subscription);
    return subscription;
  }

  confirm(
    topicArn: string,
    token: string,
    options: { authenticateOnUnsubscribe: boolean; authenticated: boolean },
  ): Subscription {
    const { authenticateOnUnsubscribe, authenticated } = options;
    this.topics.get(topicArn);
    if (authenticateOnUnsubscribe && !authenticated) {
      throw new SnsApiError('AuthorizationError', 'AuthenticateOnUnsubscribe needs a signed request', 403);
    }
    const subscription = this.subscriptions.confirm(topicArn, token);
    subscription.authenticateOnUnsubscribe ||= authenticateOnUnsubscribe;
    subscription.confirmationWasAuthenticated ||= authenticated;
    return subscription;
  }

  /** Unsubscribing what is gone is no error, as at Amazon. */
  unsubscribe(subscriptionArn: string, options: { authenticated: boolean }): void {
    const parts = subscriptionArn.split(':').length;
    if (parts < 6) {
      throw invalidParameter(
        `Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not ${parts}`,
      );
    }
    if (!this.subscriptions.has(subscriptionArn)) return;
    const subscription = this.subscriptions.get(subscriptionArn);
    if (subscription.authenticateOnUnsubscribe && !options.authenticated) {
      throw new SnsApiError(
        'AuthorizationError',
        'This subscription is unsubscribed by signed requests only',
        403,
      );
    }
    const wasConfirmed = subscription.state === 'confirmed';
    const topic = this.topics.get(subscription.topicArn);
    this.subscriptions.remove(subscription);
    topic.subscriptionsDeleted += 1;
    if (wasConfirmed) this.publisher.tellOfRemoval(topic, subscription);
  }

  /** Its subscriptions go with it, without a word to their endpoints. */
  deleteTopic(topicArn: string): void {
    this.subscriptions.removeAllOf(topicArn);
    this.topics.delete(topicArn);
  }
}

function checkEndpoint(endpoint: string): void {
  if (!/^https?:\/\/[^/]/.test(endpoint) || !URL.canParse(endpoint)) {
    throw invalidParameter(`Invalid parameter: Endpoint Reason: ${endpoint} is no http or https URL`);
  }
}
