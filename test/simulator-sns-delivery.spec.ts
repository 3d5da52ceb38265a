import { describe, expect, it } from '@jest/globals';
import { confirming, until } from './support/sns-harness.js';
import { messagesOf, SnsScene } from './support/sns-scene.js';

const scene = new SnsScene();

const refused = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) });

/** What an action gives, or the code and message of what it throws. */
function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return { code: (error as { code: string }).code, message: (error as Error).message };
  }
}

describe('delivery', () => {
  it('posts a notification as SNS does', async () => {
    const subscriber = await scene.confirmed();
    const messageId = scene.harness.sns.publish(scene.topicArn, '{"eventType":"Bounce"}', {
      subject: 'Feedback',
      attributes: { kind: { Type: 'String', Value: 'bounce' } },
    });
    await scene.harness.sns.settled();

    const [post] = subscriber.ofType('Notification');
    expect(post!.headers).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': messageId,
      'x-amz-sns-topic-arn': scene.topicArn,
      'x-amz-sns-subscription-arn': expect.stringMatching(`^${scene.topicArn}:[0-9a-f-]{36}$`),
    });
    expect(post!.headers).not.toHaveProperty('x-amz-sns-rawdelivery');
    expect(Object.keys(post!.envelope)).toEqual([
      'Type',
      'MessageId',
      'TopicArn',
      'Subject',
      'Message',
      'Timestamp',
      'SignatureVersion',
      'Signature',
      'SigningCertURL',
      'UnsubscribeURL',
      'MessageAttributes',
    ]);
    expect(post!.body).toMatch(/^\{\n {2}"Type" : "Notification",\n/);
    expect(post!.envelope).toMatchObject({
      Message: '{"eventType":"Bounce"}',
      MessageAttributes: { kind: { Type: 'String', Value: 'bounce' } },
    });
  });

  it('tries again after a server error, with the same MessageId', async () => {
    let attempts = 0;
    const subscriber = await scene.confirmed(() => (++attempts < 3 ? 500 : 200));
    const messageId = scene.harness.sns.publish(scene.topicArn, 'hello');
    await scene.harness.sns.settled();

    const posts = subscriber.ofType('Notification');
    expect(posts.map(({ envelope }) => envelope['MessageId'])).toEqual([messageId, messageId, messageId]);
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    expect(scene.harness.sns.failedDeliveries).toEqual([]);
  });

  it('gives up after four attempts', async () => {
    const subscriber = await scene.confirmed(() => 503);
    scene.harness.sns.publish(scene.topicArn, 'hello');
    await scene.harness.sns.settled();
    expect(subscriber.ofType('Notification')).toHaveLength(4);
    expect(scene.harness.sns.failedDeliveries).toMatchObject([
      { type: 'Notification', endpoint: subscriber.url, reason: 'it answered 503', attempts: 4 },
    ]);
  });

  it.each([400, 403, 404, 413, 429, 301, 307])('takes %d for final', async (status) => {
    const subscriber = await scene.confirmed(() => status);
    scene.harness.sns.publish(scene.topicArn, 'hello');
    await scene.harness.sns.settled();
    expect(subscriber.ofType('Notification')).toHaveLength(1);
    expect(subscriber.posts.map(({ path }) => path)).not.toContain('/elsewhere');
    expect(scene.harness.sns.failedDeliveries).toHaveLength(1);
  });

  it('tries again when an answer takes too long', async () => {
    await scene.use({ retry: { delayMs: 10, timeoutMs: 300 } });
    let attempts = 0;
    const subscriber = await scene.confirmed(async () => {
      if (++attempts === 1) await new Promise(() => {});
    });
    scene.harness.sns.publish(scene.topicArn, 'hello');
    await scene.harness.sns.settled();
    expect(subscriber.ofType('Notification')).toHaveLength(2);
  });

  it('waits between attempts, and lets the next message by meanwhile', async () => {
    await scene.use({ retry: { delayMs: 400 } });
    const subscriber = await scene.confirmed(({ envelope }) => {
      const tries = subscriber.posts.filter((post) => post.envelope['MessageId'] === envelope['MessageId']);
      return envelope['Message'] === 'first' && tries.length === 1 ? 500 : 200;
    });
    scene.harness.sns.publish(scene.topicArn, 'first');
    scene.harness.sns.publish(scene.topicArn, 'second');
    await scene.harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['first', 'second', 'first']);
    const [first, , again] = subscriber.ofType('Notification');
    expect(again!.atMs - first!.atMs).toBeGreaterThanOrEqual(399);
  });

  it('keeps the order of one endpoint, one message at a time', async () => {
    let inHand = 0;
    let most = 0;
    const subscriber = await scene.confirmed(async () => {
      most = Math.max(most, ++inHand);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      inHand -= 1;
    });
    const messages = Array.from({ length: 20 }, (_, index) => `message ${index}`);
    for (const message of messages) scene.harness.sns.publish(scene.topicArn, message);
    await scene.harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(messages);
    expect(most).toBe(1);
  });

  it('does not let one endpoint hold up another', async () => {
    const held: (() => void)[] = [];
    const slow = await scene.confirmed(() => new Promise<void>((resolve) => held.push(resolve)));
    const quick = await scene.confirmed();
    scene.harness.sns.publish(scene.topicArn, 'one');
    scene.harness.sns.publish(scene.topicArn, 'two');
    await until(() => messagesOf(quick).length === 2);
    await until(() => messagesOf(slow).length === 1);
    held.shift()!();
    await until(() => messagesOf(slow).length === 2);
    held.shift()!();
    await scene.harness.sns.settled();
  });

  it('refuses what SNS refuses', () => {
    const { sns } = scene.harness;
    expect(attempt(() => sns.publish(scene.topicArn, 'x'.repeat(262_144)))).toEqual(expect.any(String));
    expect(attempt(() => sns.publish(scene.topicArn, 'x'.repeat(262_145)))).toEqual(
      refused('InvalidParameter', /too long/),
    );
    expect(attempt(() => sns.publish(scene.topicArn, 'é'.repeat(131_073)))).toEqual(
      refused('InvalidParameter', /too long/),
    );
    expect(attempt(() => sns.publish(scene.topicArn, ''))).toEqual(refused('InvalidParameter', /Empty/));
    expect(attempt(() => sns.publish(scene.topicArn, 'x', { subject: 'two\nlines' }))).toEqual(
      refused('InvalidParameter', /Subject/),
    );
    expect(attempt(() => sns.publish(scene.topicArn.replace('feedback', 'nowhere'), 'x'))).toEqual(
      refused('NotFound', /Topic does not exist/),
    );
    expect(attempt(() => sns.createTopic('no spaces'))).toEqual(refused('InvalidParameter', /Topic Name/));
    expect(attempt(() => sns.createTopic('orders.fifo'))).toEqual(refused('InvalidParameter', /Topic Name/));
    expect(attempt(() => sns.createTopic('a', { SignatureVersion: '3' }))).toEqual(
      refused('InvalidParameter', /1 or 2/),
    );
    expect(attempt(() => sns.subscribe(scene.topicArn, 'sqs://queue'))).toEqual(
      refused('InvalidParameter', /no http/),
    );
    const fifo = sns.createTopic('orders.fifo', { FifoTopic: 'true' });
    expect(attempt(() => sns.subscribe(fifo, 'http://127.0.0.1:1/'))).toEqual(
      refused('InvalidParameter', /FIFO/),
    );
  });
});

describe('raw delivery', () => {
  it('posts the message alone, marked as such', async () => {
    const subscriber = await scene.keep(confirming(scene.harness));
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url, { rawMessageDelivery: true });
    await scene.harness.sns.subscribed(scene.topicArn, subscriber.url);
    expect(subscriber.posts[0]!.envelope).toHaveProperty('Signature');

    scene.harness.sns.publish(scene.topicArn, 'naïve ✉️');
    await scene.harness.sns.settled();
    const [post] = subscriber.ofType('Notification');
    expect(post!.body).toBe('naïve ✉️');
    expect(post!.headers).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-rawdelivery': 'true',
    });
  });
});

describe('unsubscribing', () => {
  it('tells the endpoint, stops delivering, and is undone by visiting SubscribeURL', async () => {
    const subscriber = await scene.confirmed();
    scene.harness.sns.publish(scene.topicArn, 'one');
    await scene.harness.sns.settled();
    const { UnsubscribeURL } = subscriber.ofType('Notification')[0]!.envelope;
    expect((await scene.harness.sns.fetch(UnsubscribeURL!)).status).toBe(200);
    scene.harness.sns.publish(scene.topicArn, 'two');
    await scene.harness.sns.settled();

    const [goodbye] = subscriber.ofType('UnsubscribeConfirmation');
    expect(goodbye!.headers['x-amz-sns-subscription-arn']).toMatch(`${scene.topicArn}:`);
    expect(goodbye!.envelope['SubscribeURL']).toContain(goodbye!.envelope['Token']);
    expect(messagesOf(subscriber)).toEqual(['one']);
    const [hello] = subscriber.ofType('SubscriptionConfirmation');
    expect((await scene.harness.sns.fetch(hello!.envelope['SubscribeURL']!)).status).toBe(400);

    await scene.harness.sns.fetch(goodbye!.envelope['SubscribeURL']!);
    scene.harness.sns.publish(scene.topicArn, 'three');
    await scene.harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['one', 'three']);
  });

  it('drops the attempts that were still to come', async () => {
    await scene.use({ retry: { delayMs: 100 } });
    const subscriber = await scene.confirmed(({ envelope }) =>
      envelope['Type'] === 'Notification' ? 500 : 200,
    );
    scene.harness.sns.publish(scene.topicArn, 'one');
    await until(() => messagesOf(subscriber).length === 1);
    await scene.harness.sns.fetch(subscriber.ofType('Notification')[0]!.envelope['UnsubscribeURL']!);
    await scene.harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['one']);
    expect(scene.harness.sns.failedDeliveries).toMatchObject([
      { reason: 'its subscription is gone', attempts: 1 },
    ]);
  });
});
