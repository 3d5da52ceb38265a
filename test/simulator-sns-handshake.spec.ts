import { describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { confirming, startSubscriber } from './support/sns-harness.js';
import { messagesOf, SnsScene } from './support/sns-scene.js';

const scene = new SnsScene();

describe('the handshake', () => {
  it('posts a confirmation as SNS does and takes the visit to SubscribeURL for consent', async () => {
    const subscriber = await scene.keep(confirming(scene.harness));

    expect(scene.harness.sns.subscribe(scene.topicArn, subscriber.url)).toBe('pending confirmation');
    await scene.harness.sns.subscribed(scene.topicArn, subscriber.url);

    const [post] = subscriber.posts;
    expect(post).toMatchObject({ method: 'POST', path: '/feedback' });
    expect(post!.headers).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'user-agent': 'Amazon Simple Notification Service Agent',
      'x-amz-sns-message-type': 'SubscriptionConfirmation',
      'x-amz-sns-message-id': post!.envelope['MessageId'],
      'x-amz-sns-topic-arn': 'arn:aws:sns:us-east-1:123456789012:feedback',
    });
    expect(post!.headers).not.toHaveProperty('x-amz-sns-subscription-arn');
    expect(Object.keys(post!.envelope)).toEqual([
      'Type',
      'MessageId',
      'Token',
      'TopicArn',
      'Message',
      'SubscribeURL',
      'Timestamp',
      'SignatureVersion',
      'Signature',
      'SigningCertURL',
    ]);
    expect(post!.envelope['SubscribeURL']).toBe(
      `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${scene.topicArn}` +
        `&Token=${post!.envelope['Token']}`,
    );
    expect(post!.envelope['Timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('delivers nothing before it, and nothing later of what was published before it', async () => {
    const subscriber = await scene.keep(startSubscriber());
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
    scene.harness.sns.publish(scene.topicArn, 'too early');
    await scene.harness.sns.settled();
    expect(subscriber.posts).toHaveLength(1);

    await scene.harness.sns.fetch(subscriber.posts[0]!.envelope['SubscribeURL']!);
    scene.harness.sns.publish(scene.topicArn, 'in time');
    await scene.harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['in time']);
  });

  it('holds for what is published while the confirmation is on its way', async () => {
    const subscriber = await scene.keep(confirming(scene.harness));
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
    scene.harness.sns.publish(scene.topicArn, 'too early');
    await scene.harness.sns.subscribed(scene.topicArn, subscriber.url);
    await scene.harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual([]);
    expect(scene.harness.sns.failedDeliveries).toEqual([]);
  });

  it('answers the same SubscribeURL and certificate path on its own endpoint', async () => {
    const subscriber = await scene.keep(startSubscriber());
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
    await scene.harness.sns.settled();
    const { SubscribeURL, SigningCertURL } = subscriber.posts[0]!.envelope;
    const onEndpoint = (url: string): string =>
      scene.harness.endpoint + url.slice(new URL(url).origin.length);

    expect(await (await fetch(onEndpoint(SigningCertURL!))).text()).toContain('BEGIN CERTIFICATE');
    const answer = await fetch(onEndpoint(SubscribeURL!));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain(`<SubscriptionArn>${scene.topicArn}:`);
    await scene.harness.sns.subscribed(scene.topicArn, subscriber.url);
  });

  it.each([200, 403, 500])(
    'is over when the endpoint has answered, not when it visited SubscribeURL; here with %d',
    async (status) => {
      // Minutes between two attempts: nobody may wait for another one.
      await scene.use({ retry: { delayMs: 600_000 } });
      const steps: string[] = [];
      const subscriber = await scene.keep(
        startSubscriber(async ({ envelope }) => {
          await scene.harness.sns.fetch(envelope['SubscribeURL']!);
          steps.push('confirmed');
          await sleep(50);
          steps.push('answered');
          return status;
        }),
      );
      scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
      await scene.harness.sns.subscribed(scene.topicArn, subscriber.url);
      expect(steps).toEqual(['confirmed', 'answered']);
      await scene.harness.sns.settled();
      expect(subscriber.posts).toHaveLength(1);
    },
  );

  it('makes those wait who ask between consent and answer, and waits for the answers to copies', async () => {
    let answered = 0;
    const gate = new EventEmitter();
    const both = once(gate, 'asked by both');
    const late: Promise<number>[] = [];
    const subscriber = await scene.keep(
      startSubscriber(async ({ envelope }) => {
        await scene.harness.sns.fetch(envelope['SubscribeURL']!);
        late.push(scene.harness.sns.subscribed(scene.topicArn, subscriber.url).then(() => answered));
        if (late.length === 2) gate.emit('asked by both');
        await both;
        await sleep(20);
        answered += 1;
      }),
    );
    scene.harness.sns.fail({ duplicates: 1 });
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
    await scene.harness.sns.subscribed(scene.topicArn, subscriber.url);
    expect(answered).toBe(2);
    expect(await Promise.all(late)).toEqual([2, 2]);
  });

  it('does not wait for ever for an endpoint that confirms and never answers', async () => {
    await scene.use({ retry: { timeoutMs: 50, delayMs: 600_000 } });
    const subscriber = await scene.keep(
      startSubscriber(async ({ envelope }) => {
        await scene.harness.sns.fetch(envelope['SubscribeURL']!);
        return new Promise<void>(() => {});
      }),
    );
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
    await scene.harness.sns.subscribed(scene.topicArn, subscriber.url);
    expect(scene.harness.sns.failedDeliveries).toMatchObject([{ reason: 'it gave no answer within 50 ms' }]);
  });

  it('asks again after a server error, and confirms then', async () => {
    let down = true;
    const subscriber = await scene.keep(
      startSubscriber(async ({ envelope }) => {
        if (down) {
          down = false;
          return 503;
        }
        await scene.harness.sns.fetch(envelope['SubscribeURL']!);
      }),
    );
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
    await scene.harness.sns.subscribed(scene.topicArn, subscriber.url);
    expect(new Set(subscriber.posts.map(({ envelope }) => envelope['MessageId'])).size).toBe(1);
  });

  it.each([
    [403, 1, /403/],
    [302, 1, /302.*redirect/],
    [500, 4, /500 \(attempt 4\)/],
  ])('says why when the endpoint answers %d', async (status, attempts, reason) => {
    const subscriber = await scene.keep(startSubscriber(() => status));
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
    await expect(scene.harness.sns.subscribed(scene.topicArn, subscriber.url)).rejects.toThrow(reason);
    await expect(scene.harness.sns.subscribed(scene.topicArn, subscriber.url)).rejects.toMatchObject({
      code: 'SNS_SUBSCRIPTION_NOT_CONFIRMED',
    });
    expect(subscriber.posts).toHaveLength(attempts);
  });

  it('says so when nobody subscribed the endpoint, or nobody listens there', async () => {
    await expect(scene.harness.sns.subscribed(scene.topicArn, 'http://127.0.0.1:1/')).rejects.toThrow(
      /not subscribed/,
    );
    scene.harness.sns.subscribe(scene.topicArn, 'http://127.0.0.1:1/');
    await expect(scene.harness.sns.subscribed(scene.topicArn, 'http://127.0.0.1:1/')).rejects.toThrow(
      /ECONNREFUSED/,
    );
    const malformed = 'http://ann:%zz@127.0.0.1:1/';
    scene.harness.sns.subscribe(scene.topicArn, malformed);
    await expect(scene.harness.sns.subscribed(scene.topicArn, malformed)).rejects.toThrow(/URI malformed/);
  });

  it('asks again when the endpoint that refused is subscribed once more', async () => {
    let refuse = true;
    const subscriber = await scene.keep(
      startSubscriber(async ({ envelope }) =>
        refuse ? 404 : (await scene.harness.sns.fetch(envelope['SubscribeURL']!)).status,
      ),
    );
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
    await expect(scene.harness.sns.subscribed(scene.topicArn, subscriber.url)).rejects.toThrow(/404/);
    refuse = false;
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
    await scene.harness.sns.subscribed(scene.topicArn, subscriber.url);
    expect(scene.harness.sns.subscribe(scene.topicArn, subscriber.url)).toMatch(`${scene.topicArn}:`);
    await scene.harness.sns.settled();
    expect(subscriber.posts).toHaveLength(2);
  });

  it('refuses a token that is wrong, of another topic, or older than two days', async () => {
    let now = new Date('2026-01-01T00:00:00Z');
    await scene.use({ now: () => now });
    const subscriber = await scene.keep(startSubscriber());
    scene.harness.sns.subscribe(scene.topicArn, subscriber.url);
    await scene.harness.sns.settled();
    const url = new URL(subscriber.posts[0]!.envelope['SubscribeURL']!);
    const answerTo = async (change: (parameters: URLSearchParams) => void): Promise<[number, string]> => {
      const changed = new URL(url);
      change(changed.searchParams);
      const response = await scene.harness.sns.fetch(changed);
      return [response.status, await response.text()];
    };
    const other = scene.harness.sns.createTopic('other');
    const invalid = [400, expect.stringContaining('<Message>Invalid token</Message>')];

    expect(await answerTo((parameters) => parameters.set('Token', 'abc'))).toEqual(invalid);
    expect(await answerTo((parameters) => parameters.set('TopicArn', other))).toEqual(invalid);
    now = new Date('2026-01-03T00:00:01Z');
    expect(await answerTo(() => {})).toEqual(invalid);
    now = new Date('2026-01-02T23:59:59Z');
    expect(await answerTo(() => {})).toEqual([200, expect.any(String)]);
  });
});
