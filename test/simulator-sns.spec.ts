import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  confirming,
  startSns,
  startSubscriber,
  until,
  type SnsHarness,
  type Subscriber,
} from './support/sns-harness.js';

let harness: SnsHarness;
let topicArn: string;
const subscribers: Subscriber[] = [];

beforeEach(async () => {
  await use({});
});

afterEach(async () => {
  await harness.stop();
  await Promise.all(subscribers.splice(0).map((subscriber) => subscriber.stop()));
});

/** Starts the simulated SNS; a test that needs other options replaces the one it was given. */
async function use(options: Parameters<typeof startSns>[0]): Promise<void> {
  await harness?.stop();
  harness = await startSns(options);
  topicArn = harness.sns.createTopic('feedback');
}

async function keep(subscriber: Promise<Subscriber>): Promise<Subscriber> {
  subscribers.push(await subscriber);
  return subscriber;
}

async function confirmed(answer?: Parameters<typeof confirming>[1]): Promise<Subscriber> {
  const subscriber = await keep(confirming(harness, answer));
  harness.sns.subscribe(topicArn, subscriber.url);
  await harness.sns.subscribed(topicArn, subscriber.url);
  return subscriber;
}

/** What keeps a process alive and could be a leftover of a delivery. */
const openHandles = (): string[] =>
  process.getActiveResourcesInfo().filter((kind) => /Timeout|TCP/.test(kind));

const isSocket = (kind: string): boolean => kind.startsWith('TCP');

const messagesOf = (subscriber: Subscriber): string[] =>
  subscriber.ofType('Notification').map(({ envelope }) => envelope['Message']!);

const refused = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) });

/** What an action gives, or the code and message of what it throws. */
function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return { code: (error as { code: string }).code, message: (error as Error).message };
  }
}

describe('the handshake', () => {
  it('posts a confirmation as SNS does and takes the visit to SubscribeURL for consent', async () => {
    const subscriber = await keep(confirming(harness));

    expect(harness.sns.subscribe(topicArn, subscriber.url)).toBe('pending confirmation');
    await harness.sns.subscribed(topicArn, subscriber.url);

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
      `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topicArn}` +
        `&Token=${post!.envelope['Token']}`,
    );
    expect(post!.envelope['Timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('delivers nothing before it, and nothing later of what was published before it', async () => {
    const subscriber = await keep(startSubscriber());
    harness.sns.subscribe(topicArn, subscriber.url);
    harness.sns.publish(topicArn, 'too early');
    await harness.sns.settled();
    expect(subscriber.posts).toHaveLength(1);

    await harness.sns.fetch(subscriber.posts[0]!.envelope['SubscribeURL']!);
    harness.sns.publish(topicArn, 'in time');
    await harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['in time']);
  });

  it('answers the same SubscribeURL and certificate path on its own endpoint', async () => {
    const subscriber = await keep(startSubscriber());
    harness.sns.subscribe(topicArn, subscriber.url);
    await harness.sns.settled();
    const { SubscribeURL, SigningCertURL } = subscriber.posts[0]!.envelope;
    const onEndpoint = (url: string): string => harness.endpoint + url.slice(new URL(url).origin.length);

    expect(await (await fetch(onEndpoint(SigningCertURL!))).text()).toContain('BEGIN CERTIFICATE');
    const answer = await fetch(onEndpoint(SubscribeURL!));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain(`<SubscriptionArn>${topicArn}:`);
    await harness.sns.subscribed(topicArn, subscriber.url);
  });

  it('asks again after a server error, and confirms then', async () => {
    let down = true;
    const subscriber = await keep(
      startSubscriber(async ({ envelope }) => {
        if (down) {
          down = false;
          return 503;
        }
        await harness.sns.fetch(envelope['SubscribeURL']!);
      }),
    );
    harness.sns.subscribe(topicArn, subscriber.url);
    await harness.sns.subscribed(topicArn, subscriber.url);
    expect(new Set(subscriber.posts.map(({ envelope }) => envelope['MessageId'])).size).toBe(1);
  });

  it.each([
    [403, 1, /403/],
    [302, 1, /302.*redirect/],
    [500, 4, /500 \(attempt 4\)/],
  ])('says why when the endpoint answers %d', async (status, attempts, reason) => {
    const subscriber = await keep(startSubscriber(() => status));
    harness.sns.subscribe(topicArn, subscriber.url);
    await expect(harness.sns.subscribed(topicArn, subscriber.url)).rejects.toThrow(reason);
    await expect(harness.sns.subscribed(topicArn, subscriber.url)).rejects.toMatchObject({
      code: 'SNS_SUBSCRIPTION_NOT_CONFIRMED',
    });
    expect(subscriber.posts).toHaveLength(attempts);
  });

  it('says so when nobody subscribed the endpoint, or nobody listens there', async () => {
    await expect(harness.sns.subscribed(topicArn, 'http://127.0.0.1:1/')).rejects.toThrow(/not subscribed/);
    harness.sns.subscribe(topicArn, 'http://127.0.0.1:1/');
    await expect(harness.sns.subscribed(topicArn, 'http://127.0.0.1:1/')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('asks again when the endpoint that refused is subscribed once more', async () => {
    let refuse = true;
    const subscriber = await keep(
      startSubscriber(async ({ envelope }) =>
        refuse ? 404 : (await harness.sns.fetch(envelope['SubscribeURL']!)).status,
      ),
    );
    harness.sns.subscribe(topicArn, subscriber.url);
    await expect(harness.sns.subscribed(topicArn, subscriber.url)).rejects.toThrow(/404/);
    refuse = false;
    harness.sns.subscribe(topicArn, subscriber.url);
    await harness.sns.subscribed(topicArn, subscriber.url);
    expect(harness.sns.subscribe(topicArn, subscriber.url)).toMatch(`${topicArn}:`);
    await harness.sns.settled();
    expect(subscriber.posts).toHaveLength(2);
  });

  it('refuses a token that is wrong, of another topic, or older than two days', async () => {
    let now = new Date('2026-01-01T00:00:00Z');
    await use({ now: () => now });
    const subscriber = await keep(startSubscriber());
    harness.sns.subscribe(topicArn, subscriber.url);
    await harness.sns.settled();
    const url = new URL(subscriber.posts[0]!.envelope['SubscribeURL']!);
    const answerTo = async (change: (parameters: URLSearchParams) => void): Promise<[number, string]> => {
      const changed = new URL(url);
      change(changed.searchParams);
      const response = await harness.sns.fetch(changed);
      return [response.status, await response.text()];
    };
    const other = harness.sns.createTopic('other');
    const invalid = [400, expect.stringContaining('<Message>Invalid token</Message>')];

    expect(await answerTo((parameters) => parameters.set('Token', 'abc'))).toEqual(invalid);
    expect(await answerTo((parameters) => parameters.set('TopicArn', other))).toEqual(invalid);
    now = new Date('2026-01-03T00:00:01Z');
    expect(await answerTo(() => {})).toEqual(invalid);
    now = new Date('2026-01-02T23:59:59Z');
    expect(await answerTo(() => {})).toEqual([200, expect.any(String)]);
  });
});

describe('delivery', () => {
  it('posts a notification as SNS does', async () => {
    const subscriber = await confirmed();
    const messageId = harness.sns.publish(topicArn, '{"eventType":"Bounce"}', {
      subject: 'Feedback',
      attributes: { kind: { Type: 'String', Value: 'bounce' } },
    });
    await harness.sns.settled();

    const [post] = subscriber.ofType('Notification');
    expect(post!.headers).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': messageId,
      'x-amz-sns-topic-arn': topicArn,
      'x-amz-sns-subscription-arn': expect.stringMatching(`^${topicArn}:[0-9a-f-]{36}$`),
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
    const subscriber = await confirmed(() => (++attempts < 3 ? 500 : 200));
    const messageId = harness.sns.publish(topicArn, 'hello');
    await harness.sns.settled();

    const posts = subscriber.ofType('Notification');
    expect(posts.map(({ envelope }) => envelope['MessageId'])).toEqual([messageId, messageId, messageId]);
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    expect(harness.sns.failedDeliveries).toEqual([]);
  });

  it('gives up after four attempts', async () => {
    const subscriber = await confirmed(() => 503);
    harness.sns.publish(topicArn, 'hello');
    await harness.sns.settled();
    expect(subscriber.ofType('Notification')).toHaveLength(4);
    expect(harness.sns.failedDeliveries).toMatchObject([
      { type: 'Notification', endpoint: subscriber.url, reason: 'it answered 503', attempts: 4 },
    ]);
  });

  it.each([400, 403, 404, 413, 429, 301, 307])('takes %d for final', async (status) => {
    const subscriber = await confirmed(() => status);
    harness.sns.publish(topicArn, 'hello');
    await harness.sns.settled();
    expect(subscriber.ofType('Notification')).toHaveLength(1);
    expect(subscriber.posts.map(({ path }) => path)).not.toContain('/elsewhere');
    expect(harness.sns.failedDeliveries).toHaveLength(1);
  });

  it('tries again when an answer takes too long', async () => {
    await use({ retry: { delayMs: 10, timeoutMs: 300 } });
    let attempts = 0;
    const subscriber = await confirmed(async () => {
      if (++attempts === 1) await new Promise(() => {});
    });
    harness.sns.publish(topicArn, 'hello');
    await harness.sns.settled();
    expect(subscriber.ofType('Notification')).toHaveLength(2);
  });

  it('waits between attempts, and lets the next message by meanwhile', async () => {
    await use({ retry: { delayMs: 400 } });
    const subscriber = await confirmed(({ envelope }) => {
      const tries = subscriber.posts.filter((post) => post.envelope['MessageId'] === envelope['MessageId']);
      return envelope['Message'] === 'first' && tries.length === 1 ? 500 : 200;
    });
    harness.sns.publish(topicArn, 'first');
    harness.sns.publish(topicArn, 'second');
    await harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['first', 'second', 'first']);
    const [first, , again] = subscriber.ofType('Notification');
    expect(again!.atMs - first!.atMs).toBeGreaterThanOrEqual(399);
  });

  it('keeps the order of one endpoint, one message at a time', async () => {
    let inHand = 0;
    let most = 0;
    const subscriber = await confirmed(async () => {
      most = Math.max(most, ++inHand);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      inHand -= 1;
    });
    const messages = Array.from({ length: 20 }, (_, index) => `message ${index}`);
    for (const message of messages) harness.sns.publish(topicArn, message);
    await harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(messages);
    expect(most).toBe(1);
  });

  it('does not let one endpoint hold up another', async () => {
    const held: (() => void)[] = [];
    const slow = await confirmed(() => new Promise<void>((resolve) => held.push(resolve)));
    const quick = await confirmed();
    harness.sns.publish(topicArn, 'one');
    harness.sns.publish(topicArn, 'two');
    await until(() => messagesOf(quick).length === 2);
    await until(() => messagesOf(slow).length === 1);
    held.shift()!();
    await until(() => messagesOf(slow).length === 2);
    held.shift()!();
    await harness.sns.settled();
  });

  it('refuses what SNS refuses', () => {
    const { sns } = harness;
    expect(attempt(() => sns.publish(topicArn, 'x'.repeat(262_144)))).toEqual(expect.any(String));
    expect(attempt(() => sns.publish(topicArn, 'x'.repeat(262_145)))).toEqual(
      refused('InvalidParameter', /too long/),
    );
    expect(attempt(() => sns.publish(topicArn, 'é'.repeat(131_073)))).toEqual(
      refused('InvalidParameter', /too long/),
    );
    expect(attempt(() => sns.publish(topicArn, ''))).toEqual(refused('InvalidParameter', /Empty/));
    expect(attempt(() => sns.publish(topicArn, 'x', { subject: 'two\nlines' }))).toEqual(
      refused('InvalidParameter', /Subject/),
    );
    expect(attempt(() => sns.publish(topicArn.replace('feedback', 'nowhere'), 'x'))).toEqual(
      refused('NotFound', /Topic does not exist/),
    );
    expect(attempt(() => sns.createTopic('no spaces'))).toEqual(refused('InvalidParameter', /Topic Name/));
    expect(attempt(() => sns.createTopic('orders.fifo'))).toEqual(refused('InvalidParameter', /Topic Name/));
    expect(attempt(() => sns.createTopic('a', { SignatureVersion: '3' }))).toEqual(
      refused('InvalidParameter', /1 or 2/),
    );
    expect(attempt(() => sns.subscribe(topicArn, 'sqs://queue'))).toEqual(
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
    const subscriber = await keep(confirming(harness));
    harness.sns.subscribe(topicArn, subscriber.url, { rawMessageDelivery: true });
    await harness.sns.subscribed(topicArn, subscriber.url);
    expect(subscriber.posts[0]!.envelope).toHaveProperty('Signature');

    harness.sns.publish(topicArn, 'naïve ✉️');
    await harness.sns.settled();
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
    const subscriber = await confirmed();
    harness.sns.publish(topicArn, 'one');
    await harness.sns.settled();
    const { UnsubscribeURL } = subscriber.ofType('Notification')[0]!.envelope;
    expect((await harness.sns.fetch(UnsubscribeURL!)).status).toBe(200);
    harness.sns.publish(topicArn, 'two');
    await harness.sns.settled();

    const [goodbye] = subscriber.ofType('UnsubscribeConfirmation');
    expect(goodbye!.headers['x-amz-sns-subscription-arn']).toMatch(`${topicArn}:`);
    expect(goodbye!.envelope['SubscribeURL']).toContain(goodbye!.envelope['Token']);
    expect(messagesOf(subscriber)).toEqual(['one']);
    const [hello] = subscriber.ofType('SubscriptionConfirmation');
    expect((await harness.sns.fetch(hello!.envelope['SubscribeURL']!)).status).toBe(400);

    await harness.sns.fetch(goodbye!.envelope['SubscribeURL']!);
    harness.sns.publish(topicArn, 'three');
    await harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['one', 'three']);
  });

  it('drops the attempts that were still to come', async () => {
    await use({ retry: { delayMs: 100 } });
    const subscriber = await confirmed(({ envelope }) => (envelope['Type'] === 'Notification' ? 500 : 200));
    harness.sns.publish(topicArn, 'one');
    await until(() => messagesOf(subscriber).length === 1);
    await harness.sns.fetch(subscriber.ofType('Notification')[0]!.envelope['UnsubscribeURL']!);
    await harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['one']);
    expect(harness.sns.failedDeliveries).toMatchObject([{ reason: 'its subscription is gone', attempts: 1 }]);
  });
});

describe('faults', () => {
  it('delivers extra copies, the first beside the original', async () => {
    let inHand = 0;
    let most = 0;
    const subscriber = await confirmed(async () => {
      most = Math.max(most, ++inHand);
      await until(() => subscriber.ofType('Notification').length >= 2);
      inHand -= 1;
    });
    harness.sns.fail({ duplicates: 2 });
    const messageId = harness.sns.publish(topicArn, 'thrice');
    await harness.sns.settled();
    expect(subscriber.ofType('Notification').map(({ envelope }) => envelope['MessageId'])).toEqual(
      Array<string>(3).fill(messageId),
    );
    expect(most).toBe(2);

    harness.sns.fail(null);
    harness.sns.publish(topicArn, 'once');
    await harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['thrice', 'thrice', 'thrice', 'once']);
  });

  it('delays, without adding one delay to the next', async () => {
    const subscriber = await confirmed();
    harness.sns.fail({ delayMs: 300 });
    const startedAtMs = performance.now();
    for (const message of ['one', 'two', 'three', 'four']) harness.sns.publish(topicArn, message);
    await harness.sns.settled();
    const arrivals = subscriber.ofType('Notification').map(({ atMs }) => atMs - startedAtMs);
    expect(Math.min(...arrivals)).toBeGreaterThanOrEqual(299);
    expect(Math.max(...arrivals)).toBeLessThan(1200);
    expect(messagesOf(subscriber)).toEqual(['one', 'two', 'three', 'four']);
  });

  it('re-orders what is published close together', async () => {
    const subscriber = await confirmed();
    harness.sns.fail({ reorder: true });
    for (const message of ['send', 'delivery', 'complaint']) harness.sns.publish(topicArn, message);
    await harness.sns.settled();
    expect(messagesOf(subscriber)).toEqual(['complaint', 'delivery', 'send']);
  });

  it('lets SNS itself be down while deliveries go on', async () => {
    const subscriber = await confirmed();
    harness.sns.fail({ outage: true });
    harness.sns.publish(topicArn, 'hello');
    await harness.sns.settled();
    const { SigningCertURL } = subscriber.ofType('Notification')[0]!.envelope;
    expect((await harness.sns.fetch(SigningCertURL!)).status).toBe(503);
    harness.sns.fail(null);
    expect((await harness.sns.fetch(SigningCertURL!)).status).toBe(200);
  });

  it('refuses faults that are no count or duration', () => {
    expect(() => harness.sns.fail({ duplicates: -1 })).toThrow(RangeError);
    expect(() => harness.sns.fail({ duplicates: 0.5 })).toThrow(/whole number/);
    expect(() => harness.sns.fail({ delayMs: Number.NaN })).toThrow(/milliseconds/);
  });
});

describe('fetch', () => {
  it.each([
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-00.pem',
    'https://sns.us-east-1.amazonaws.com.attacker.example/SimpleNotificationService-00.pem',
    'https://sns.us-east-1.amazonaws.com:8443/',
    'https://user@sns.us-east-1.amazonaws.com/',
    'http://sns.us-east-1.amazonaws.com/',
    'https://example.com/',
  ])('never lets %s reach the network', async (url) => {
    await expect(harness.sns.fetch(url)).rejects.toThrow(/amazonaws\.com|credentials|example/);
  });

  it('says where the same paths answer', async () => {
    await expect(harness.sns.fetch('https://example.com/')).rejects.toMatchObject({
      code: 'SNS_OUTSIDE_SIMULATOR',
      message: expect.stringContaining(harness.endpoint),
    });
    await expect(
      harness.sns.fetch('https://sns.us-east-1.amazonaws.com/', { method: 'POST' }),
    ).rejects.toMatchObject({ code: 'SNS_OUTSIDE_SIMULATOR' });
  });

  it('heeds an abort, and knows no other certificate', async () => {
    const url = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-00.pem';
    expect((await harness.sns.fetch(url)).status).toBe(404);
    await expect(harness.sns.fetch(url, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });
});

describe('stop', () => {
  it('aborts what is under way, cancels what is to come, and leaves no handle', async () => {
    await harness.stop();
    await until(() => !openHandles().some(isSocket));
    const timersBefore = openHandles().length;
    await use({ retry: {} });
    const hanging = await confirmed(() => new Promise(() => {}));
    const failing = await confirmed(() => 500);
    const silent = await keep(startSubscriber());
    harness.sns.subscribe(topicArn, silent.url);
    const neverConfirmed = harness.sns.subscribed(topicArn, silent.url);
    harness.sns.publish(topicArn, 'hello');
    harness.sns.fail({ delayMs: 60_000 });
    harness.sns.publish(topicArn, 'later');
    await until(() => messagesOf(hanging).length === 1 && messagesOf(failing).length === 1);
    await until(async () => (await failing.connections()) === 0);

    const rejection = expect(neverConfirmed).rejects.toThrow(/simulator was stopped/);
    await harness.stop();
    await rejection;
    await until(async () => (await hanging.connections()) === 0);
    expect(messagesOf(failing)).toEqual(['hello']);
    harness.sns.publish(topicArn, 'after');
    await harness.sns.settled();
    await Promise.all(subscribers.splice(0).map((subscriber) => subscriber.stop()));
    await until(() => !openHandles().some(isSocket) && openHandles().length <= timersBefore);
  });
});
