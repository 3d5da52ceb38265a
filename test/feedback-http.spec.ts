import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FeedbackHost, PLATFORMS } from './support/feedback-host.js';
import { rawPost } from './support/raw-post.js';
import {
  TOPIC_ARN,
  bounce,
  confirmation,
  forgeCertificate,
  notification,
  sign,
  type Fields,
} from './support/sns-forge.js';

const MINUTE_MS = 60_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe.each(PLATFORMS)('the feedback route on $name', ({ adapter }) => {
  let host: FeedbackHost;

  beforeAll(async () => {
    host = await FeedbackHost.start({ adapter, limits: { fetchMs: 300, bodyMs: 300 } });
  });
  afterAll(() => host.stop());

  describe('takes', () => {
    it.each(['1', '2'])('a notification with signature version %s', async (SignatureVersion) => {
      const envelope = notification({ SignatureVersion });
      expect(await host.postSigned(envelope)).toMatchObject({ status: 200, body: { status: 'stored' } });
      expect(await host.stored()).toContain(envelope.Message);
    });

    it.each([
      ['a subject', { Subject: 'Amazon SES Email Event Notification' }],
      ['an empty subject', { Subject: '' }],
      ['letters beyond ASCII', { Message: bounce('日本語 😀 \u2028') }],
      [
        'message attributes, which are not signed',
        { MessageAttributes: { a: { Type: 'String', Value: 'b' } } },
      ],
      ['a subject of null, which SNS does not sign', { Subject: null }, { Subject: undefined }],
      ['a field that SNS may add one day', { SequenceNumber: '1' }],
      ['a __proto__ of its own', JSON.parse('{"__proto__":{"Type":"SubscriptionConfirmation"}}')],
    ])('a notification with %s', async (_, changes: Fields, signed: Fields = changes) => {
      const { Signature, ...rest } = sign(notification({ ...signed, id: 1 }));
      const text = JSON.stringify({ ...rest, Signature }).replace(
        /^\{/,
        `{${JSON.stringify(changes).slice(1, -1)},`,
      );
      expect(await host.post(text)).toMatchObject({ status: 200 });
    });

    it('the same again without a second effect', async () => {
      const envelope = sign(notification());
      expect((await host.post(envelope)).body).toEqual({ status: 'stored' });
      const again = await host.refused(() => host.post(envelope));
      expect(again).toEqual({ status: 200, body: { status: 'repeated' }, requests: 0 });
    });

    it('an EventBridge event that a rule sends to the topic, as the SES event in it', async () => {
      const Message = bounce();
      const detail = { ...(JSON.parse(Message) as Fields), eventType: undefined };
      const inBridge = { source: 'aws.ses', 'detail-type': 'Email Bounced', detail };
      const posted = await host.postSigned(notification({ Message: JSON.stringify(inBridge) }));
      expect(posted).toMatchObject({ status: 200, body: { status: 'stored' } });
      expect((await host.postSigned(notification({ Message }))).body).toEqual({ status: 'repeated' });
      const advice = {
        ...inBridge,
        'detail-type': 'Advisor Recommendation Status Open',
        detail: { version: '1' },
      };
      const ignored = await host.postSigned(notification({ Message: JSON.stringify(advice) }));
      expect(ignored.body).toEqual({ status: 'ignored' });
    });

    it('a message that is no SES event, and ignores it', async () => {
      const Message = 'Successfully validated SNS topic for Amazon SES event publishing.';
      const { status, body } = await host.refused(() => host.postSigned(notification({ Message })));
      expect({ status, body }).toEqual({ status: 200, body: { status: 'ignored' } });
    });

    it.each([
      ['text/plain; charset=UTF-8'],
      ['text/plain'],
      ['application/json'],
      ['application/json; charset=utf-8'],
      ['application/x-www-form-urlencoded'],
      ['application/octet-stream'],
      ['application/x-amz-json-1.0'],
      ['multipart/form-data; boundary=x'],
      ['text/plain; charset=iso-2022-jp'],
      ['nonsense'],
      [''],
      [undefined],
    ])('whatever the content type says: %j', async (type) => {
      // As bytes, or fetch would add a content type where there is none.
      const body = Buffer.from(JSON.stringify(sign(notification({ Subject: 'é' }))));
      expect(await host.post(body, { headers: { 'content-type': type } })).toMatchObject({ status: 200 });
    });

    it.each(['application/json', 'text/plain'])('the largest message of SNS as %s', async (type) => {
      const Message = bounce('"'.repeat(131_000));
      expect(Buffer.byteLength(Message)).toBeGreaterThan(262_000);
      const headers = { 'content-type': type };
      expect(await host.post(sign(notification({ Message })), { headers })).toMatchObject({ status: 200 });
    });

    it('a body with a byte-order mark', async () => {
      const body = `\uFEFF${JSON.stringify(sign(notification()))}`;
      expect(await host.post(body)).toMatchObject({ status: 200, body: { status: 'stored' } });
    });

    it('a body that comes in chunks of unknown length, cut within a letter', async () => {
      const text = Buffer.from(JSON.stringify(sign(notification({ Subject: '日本語' }))));
      const cut = text.indexOf(Buffer.from('日')) + 1;
      const chunks = [text.subarray(0, cut), text.subarray(cut)];
      const answer = await rawPost(
        host.url,
        ['Transfer-Encoding: chunked', 'Content-Type: application/json'],
        async (write) => {
          for (const chunk of chunks) {
            write(
              Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
            );
            await new Promise(setImmediate);
          }
          write('0\r\n\r\n');
        },
      );
      expect(answer).toMatch(/^HTTP\/1.1 200 /);
    });

    it.each(['SubscriptionConfirmation', 'Nonsense', undefined])(
      'what the body says it is, whatever the header says: %s',
      async (type) => {
        const headers = { 'x-amz-sns-message-type': type };
        expect(await host.post(sign(notification()), { headers })).toMatchObject({
          body: { status: 'stored' },
        });
      },
    );

    it('messages that are as old or as far ahead as SNS and clocks may make them', async () => {
      for (const age of [74 * MINUTE_MS, -14 * MINUTE_MS])
        expect(await host.postSigned(notification({ Timestamp: ago(age) }))).toMatchObject({ status: 200 });
    });
  });

  it('takes a message signed with a new certificate of Amazon', async () => {
    const { pem, key } = await forgeCertificate();
    const envelope = notification({ SigningCertURL: host.amazon.publish(pem) });
    expect(await host.postSigned(envelope, key)).toMatchObject({ status: 200, body: { status: 'stored' } });
  });

  describe('subscribes', () => {
    it('by visiting the URL once, and says so', async () => {
      const envelope = sign(confirmation());
      const visits = () => host.amazon.requests.filter((url) => url === envelope.SubscribeURL).length;
      const answers = await Promise.all([1, 2, 3].map(() => host.post(envelope)));
      answers.push(await host.post(envelope));
      for (const answer of answers)
        expect(answer).toMatchObject({ status: 200, body: { status: 'confirmed' } });
      expect(visits()).toBe(1);
      await host.settled();
      const raised = host.events.filter(({ payload }) => payload.id === envelope.MessageId);
      expect(raised).toEqual([
        {
          name: 'ses.feedback.subscribed',
          payload: { id: envelope.MessageId, topicArn: TOPIC_ARN, at: expect.any(Date) },
        },
      ]);
    });

    it.each([
      ['Amazon answers 500', () => new Response('', { status: 500 })],
      ['Amazon answers 400', () => new Response('', { status: 400 })],
      ['it redirects', () => Response.redirect('https://evil.test/', 302)],
      ['the answer is endless', () => new Response('x'.repeat(65_537))],
      ['it answers not at all', () => new Promise<Response>(() => undefined)],
      ['the connection breaks', () => Promise.reject(new TypeError('fetch failed'))],
    ])('not while %s, and tries again when SNS does', async (_, answer) => {
      const envelope = sign(confirmation());
      host.amazon.serve(envelope.SubscribeURL as string, answer);
      expect(await host.refused(() => host.post(envelope))).toMatchObject({ status: 503 });
      host.amazon.serve(
        envelope.SubscribeURL as string,
        () => new Response('<ConfirmSubscriptionResponse/>'),
      );
      expect(await host.post(envelope)).toMatchObject({ status: 200, body: { status: 'confirmed' } });
    });

    it('not again when somebody unsubscribes', async () => {
      const envelope = confirmation({ Type: 'UnsubscribeConfirmation' });
      expect(await host.postSigned(envelope)).toMatchObject({
        status: 200,
        body: { status: 'unsubscribed' },
      });
      expect(host.amazon.requests).not.toContain(envelope.SubscribeURL);
      await host.settled();
      expect(host.events).toContainEqual({
        name: 'ses.feedback.unsubscribed',
        payload: { id: envelope.MessageId, topicArn: TOPIC_ARN, at: expect.any(Date) },
      });
    });
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('knows no %s', async (method) => {
    const { status } = await fetch(`${host.url}/ses/feedback`, { method });
    expect([404, 405]).toContain(status);
  });
});
