import { afterEach, beforeEach } from '@jest/globals';
import { confirming, startSns, type SnsHarness, type Subscriber } from './sns-harness.js';

/** A fresh simulated SNS with one topic for each test of a file, and everything stopped after it. */
export class SnsScene {
  harness!: SnsHarness;
  topicArn!: string;
  private readonly subscribers: Subscriber[] = [];

  constructor() {
    beforeEach(() => this.start());
    afterEach(async () => {
      await this.harness.stop();
      await this.stopSubscribers();
    });
  }

  /** A test that needs other options replaces the SNS it was given. */
  async use(options: Parameters<typeof startSns>[0]): Promise<void> {
    await this.harness.stop();
    await this.start(options);
  }

  /** Stops the subscriber when the test is over. */
  async keep(subscriber: Promise<Subscriber>): Promise<Subscriber> {
    this.subscribers.push(await subscriber);
    return subscriber;
  }

  /** A subscriber that went through the handshake. */
  async confirmed(answer?: Parameters<typeof confirming>[1]): Promise<Subscriber> {
    const subscriber = await this.keep(confirming(this.harness, answer));
    this.harness.sns.subscribe(this.topicArn, subscriber.url);
    await this.harness.sns.subscribed(this.topicArn, subscriber.url);
    return subscriber;
  }

  async stopSubscribers(): Promise<void> {
    await Promise.all(this.subscribers.splice(0).map((subscriber) => subscriber.stop()));
  }

  private async start(options?: Parameters<typeof startSns>[0]): Promise<void> {
    this.harness = await startSns(options);
    this.topicArn = this.harness.sns.createTopic('feedback');
  }
}

export const messagesOf = (subscriber: Subscriber): string[] =>
  subscriber.ofType('Notification').map(({ envelope }) => envelope['Message']!);
