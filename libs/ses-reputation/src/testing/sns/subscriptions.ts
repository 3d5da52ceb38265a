import { randomBytes, randomUUID } from 'node:crypto';
import { invalidParameter, notFound, SubscriptionNotConfirmedError } from './errors.js';
import type { Topic } from './topics.js';

/** A token is good for two days. */
const TOKEN_LIFE_MS = 2 * 24 * 3_600_000;

export type Protocol = 'http' | 'https';

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  /** Rises with each subscription made; what a list page continues from. */
  readonly sequence: number;
  state: 'pending' | 'confirmed' | 'removed';
  rawMessageDelivery: boolean;
  authenticateOnUnsubscribe: boolean;
  confirmationWasAuthenticated: boolean;
  token: string;
  tokenIssuedAtMs: number;
  /** Why no confirmation will come, until the endpoint is subscribed once more. */
  failure?: SubscriptionNotConfirmedError;
  /** Confirmation requests that the endpoint has in hand and has not answered. */
  unanswered: number;
  waiters: { resolve(): void; reject(error: Error): void }[];
}

/** Who is subscribed to what, and the tokens that confirm it. */
export class Subscriptions {
  private readonly byArn = new Map<string, Subscription>();
  private readonly byToken = new Map<string, Subscription>();
  private lastSequence = 0;

  constructor(private readonly nowMs: () => number) {}

  /** An endpoint is subscribed to a topic once: a second request finds the first one's subscription. */
  add(topic: Topic, endpoint: string, rawMessageDelivery: boolean | undefined): Subscription {
    const existing = this.find(topic.arn, endpoint);
    if (existing) {
      if (rawMessageDelivery !== undefined && rawMessageDelivery !== existing.rawMessageDelivery) {
        throw invalidParameter(
          'Invalid parameter: Attributes Reason: Subscription already exists with different attributes',
        );
      }
      existing.failure = undefined;
      return existing;
    }
    const subscription: Subscription = {
      arn: `${topic.arn}:${randomUUID()}`,
      topicArn: topic.arn,
      protocol: endpoint.startsWith('https:') ? 'https' : 'http',
      endpoint,
      sequence: ++this.lastSequence,
      state: 'pending',
      rawMessageDelivery: rawMessageDelivery ?? false,
      authenticateOnUnsubscribe: false,
      confirmationWasAuthenticated: false,
      token: '',
      tokenIssuedAtMs: 0,
      unanswered: 0,
      waiters: [],
    };
    this.byArn.set(subscription.arn, subscription);
    this.issueToken(subscription);
    return subscription;
  }

  find(topicArn: string, endpoint: string): Subscription | undefined {
    return this.of(topicArn).find((subscription) => subscription.endpoint === endpoint);
  }

  get(arn: string): Subscription {
    const subscription = this.byArn.get(arn);
    if (!subscription) throw notFound('Subscription does not exist');
    return subscription;
  }

  has(arn: string): boolean {
    return this.byArn.has(arn);
  }

  all(): Subscription[] {
    return [...this.byArn.values()];
  }

  of(topicArn: string): Subscription[] {
    return this.all().filter((subscription) => subscription.topicArn === topicArn);
  }

  /** Idempotent. The token of an UnsubscribeConfirmation brings its subscription back, as at Amazon. */
  confirm(topicArn: string, token: string): Subscription {
    const subscription = this.byToken.get(token);
    if (
      !subscription ||
      subscription.topicArn !== topicArn ||
      this.nowMs() - subscription.tokenIssuedAtMs > TOKEN_LIFE_MS
    ) {
      throw invalidParameter('Invalid token');
    }
    const successor = this.find(topicArn, subscription.endpoint);
    if (successor && successor !== subscription) throw invalidParameter('Invalid token');
    this.byArn.set(subscription.arn, subscription);
    subscription.state = 'confirmed';
    subscription.failure = undefined;
    resolveWaiters(subscription);
    return subscription;
  }

  /** Takes the subscription out. Its new token, which the endpoint is told, can bring it back. */
  remove(subscription: Subscription): void {
    this.byArn.delete(subscription.arn);
    subscription.state = 'removed';
    this.issueToken(subscription);
    this.giveUp(subscription, 'it was unsubscribed');
  }

  /** The topic is gone: nothing can bring its subscriptions back. */
  removeAllOf(topicArn: string): void {
    for (const subscription of this.of(topicArn)) this.remove(subscription);
    for (const [token, subscription] of this.byToken) {
      if (subscription.topicArn === topicArn) this.byToken.delete(token);
    }
  }

  /** Tells everyone who waits for the confirmation that it will not come. */
  giveUp(subscription: Subscription, why: string): void {
    if (subscription.state === 'confirmed') return;
    subscription.failure = new SubscriptionNotConfirmedError(subscription.endpoint, why);
    for (const { reject } of subscription.waiters.splice(0)) reject(subscription.failure);
  }

  /**
   * The endpoint has a confirmation request in hand until `ended`. It visits SubscribeURL in the middle of that,
   * and what it does about being subscribed is done when it answers, not before.
   */
  async awaitAnswer(subscription: Subscription, ended: Promise<unknown>): Promise<void> {
    subscription.unanswered += 1;
    await ended;
    subscription.unanswered -= 1;
    resolveWaiters(subscription);
  }

  /** Resolves when the endpoint is confirmed and has answered the request for it, at once if it has. */
  async confirmed(topicArn: string, endpoint: string): Promise<void> {
    const subscription = this.find(topicArn, endpoint);
    if (!subscription) {
      throw new SubscriptionNotConfirmedError(endpoint, `it is not subscribed to ${topicArn}`);
    }
    if (isReady(subscription)) return;
    if (subscription.failure) throw subscription.failure;
    await new Promise<void>((resolve, reject) => subscription.waiters.push({ resolve, reject }));
  }

  private issueToken(subscription: Subscription): void {
    this.byToken.delete(subscription.token);
    subscription.token = randomBytes(144).toString('hex');
    subscription.tokenIssuedAtMs = this.nowMs();
    this.byToken.set(subscription.token, subscription);
  }
}

function isReady({ state, unanswered }: Subscription): boolean {
  return state === 'confirmed' && unanswered === 0;
}

function resolveWaiters(subscription: Subscription): void {
  if (!isReady(subscription)) return;
  for (const { resolve } of subscription.waiters.splice(0)) resolve();
}
