import { describe, expect, it } from '@jest/globals';
import { startSubscriber, until } from './support/sns-harness.js';
import { messagesOf, SnsScene } from './support/sns-scene.js';

const scene = new SnsScene();

/** What keeps a process alive and could be a leftover of a delivery. */
const openHandles = (): string[] =>
  process.getActiveResourcesInfo().filter((kind) => /Timeout|TCP/.test(kind));

const isSocket = (kind: string): boolean => kind.startsWith('TCP');

describe('faults', () => {
  it('delivers extra copies, the first beside the original', async () => {
    let inHand = 0;
    let most = 0;
    const subscriber = await scene.confirmed(async () => {
      most = Math.max(most, ++inHand);
      await until(() => subscriber.ofType('Notification').length >= 2);
      inHand -= 1;
    });
    scene.harness.sns.fail({ duplicates: 2 });
    const messageId = scene.harness.sns.publish(scene.topicArn, 'thrice');
    await scene.harness.sns.settled();
    expect(subscriber.ofType('Notification').map(({ envelope }) => envelope['MessageId'])).toEqual(
      Array<string>(3).fill(messageId),
    );
    expect(most).toBe(2);

    scene.harness.sns.fail(null);
    scene.harness.sns.publish(scene.topicArn, 'once');
    await scene.harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['thrice', 'thrice', 'thrice', 'once']);
  });

  it('delays, without adding one delay to the next', async () => {
    const subscriber = await scene.confirmed();
    const messages = Array.from({ length: 20 }, (_, index) => `message ${index}`);
    scene.harness.sns.fail({ delayMs: 400 });
    const startedAtMs = performance.now();
    for (const message of messages) scene.harness.sns.publish(scene.topicArn, message);
    await scene.harness.sns.settled();
    const arrivals = subscriber.ofType('Notification').map(({ atMs }) => atMs - startedAtMs);
    expect(Math.min(...arrivals)).toBeGreaterThanOrEqual(399);
    expect(Math.max(...arrivals)).toBeLessThan(20 * 400);
    expect(messagesOf(subscriber)).toEqual(messages);
  });

  it('re-orders what is published close together', async () => {
    const subscriber = await scene.confirmed();
    scene.harness.sns.fail({ reorder: true });
    for (const message of ['send', 'delivery', 'complaint'])
      scene.harness.sns.publish(scene.topicArn, message);
    await scene.harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['complaint', 'delivery', 'send']);
  });

  it('lets SNS itself be down while deliveries go on', async () => {
    const subscriber = await scene.confirmed();
    scene.harness.sns.fail({ outage: true });
    scene.harness.sns.publish(scene.topicArn, 'hello');
    await scene.harness.sns.settled();
    const { SigningCertURL } = subscriber.ofType('Notification')[0]!.envelope;
    expect((await scene.harness.sns.fetch(SigningCertURL!)).status).toBe(503);
    scene.harness.sns.fail(null);
    expect((await scene.harness.sns.fetch(SigningCertURL!)).status).toBe(200);
  });

  it('refuses faults that are no count or duration', () => {
    expect(() => scene.harness.sns.fail({ duplicates: -1 })).toThrow(RangeError);
    expect(() => scene.harness.sns.fail({ duplicates: 0.5 })).toThrow(/whole number/);
    expect(() => scene.harness.sns.fail({ delayMs: Number.NaN })).toThrow(/milliseconds/);
  });
});

describe('stop', () => {
  it('aborts what is under way, cancels what is to come, and leaves no handle', async () => {
    await scene.harness.stop();
    await until(() => !openHandles().some(isSocket));
    const timersBefore = openHandles().length;
    await scene.use({ retry: {} });
    const hanging = await scene.confirmed(() => new Promise(() => {}));
    const failing = await scene.confirmed(() => 500);
    const silent = await scene.keep(startSubscriber());
    scene.harness.sns.subscribe(scene.topicArn, silent.url);
    const neverConfirmed = scene.harness.sns.subscribed(scene.topicArn, silent.url);
    scene.harness.sns.publish(scene.topicArn, 'hello');
    scene.harness.sns.fail({ delayMs: 60_000 });
    scene.harness.sns.publish(scene.topicArn, 'later');
    await until(() => messagesOf(hanging).length === 1 && messagesOf(failing).length === 1);
    await until(async () => (await failing.connections()) === 0);

    const rejection = expect(neverConfirmed).rejects.toThrow(/simulator was stopped/);
    await scene.harness.stop();
    await rejection;
    await until(async () => (await hanging.connections()) === 0);
    expect(messagesOf(failing)).toEqual(['hello']);
    scene.harness.sns.publish(scene.topicArn, 'after');
    await scene.harness.sns.settled();
    await scene.stopSubscribers();
    await until(() => !openHandles().some(isSocket) && openHandles().length <= timersBefore);
  });
});
