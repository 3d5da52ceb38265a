import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FeedbackHost, PLATFORMS } from './support/feedback-host.js';
import {
  CERTIFICATE_URL,
  HOST,
  TOPIC_ARN,
  confirmation,
  forgeCertificate,
  freshCertificateUrl,
  notification,
  sign,
  subscribeUrl,
} from './support/sns-forge.js';

const OTHER_KEY = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
const MINUTE_MS = 60_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe.each(PLATFORMS)('what the feedback route refuses on $name', ({ adapter }) => {
  let host: FeedbackHost;

  beforeAll(async () => {
    host = await FeedbackHost.start({ adapter });
  });
  afterAll(() => host.stop());

  describe('answers 400 to', () => {
    it.each<[string, string | Uint8Array]>([
      ['nothing', ''],
      ['what is not JSON', 'Type=Notification'],
      ['half a body', JSON.stringify(sign(notification())).slice(0, -20)],
      ['what is not UTF-8', Buffer.from(JSON.stringify(sign(notification({ Other: '\u00ff' }))), 'latin1')],
      ['a letter cut in two', Buffer.from('{"Type":"é').subarray(0, -1)],
      ['a list', '[]'],
      ['null', 'null'],
      ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000)],
      ['100,000 levels in a field', `{"Type":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`],
      [
        'an envelope in a __proto__',
        JSON.stringify({ x: sign(notification()) }).replace('"x"', '"__proto__"'),
      ],
      ['an SES event as raw delivery', JSON.stringify({ eventType: 'Bounce', mail: {} })],
    ])('%s', async (_, body) => {
      for (const type of ['text/plain', 'application/json']) {
        const headers = { 'content-type': type };
        const answer = await host.refused(() => host.post(body, { headers }));
        expect(answer).toMatchObject({ status: 400, requests: 0 });
        expect(answer.body).toEqual({ statusCode: 400, error: 'Bad Request', message: expect.any(String) });
      }
    });

    it.each([
      ...['Type', 'MessageId', 'TopicArn', 'Message', 'Timestamp', 'SignatureVersion', 'SigningCertURL'].map(
        (name): [string, unknown] => [name, undefined],
      ),
      ['Type', 'Other'],
      ['Type', 1],
      ['TopicArn', 1],
      ['Message', { eventType: 'Bounce' }],
      ['Timestamp', 1_700_000_000],
      ['Timestamp', 'soon'],
      ['SignatureVersion', 1],
      ['SignatureVersion', '3'],
      ['SigningCertURL', [CERTIFICATE_URL]],
      ['Subject', {}],
    ])('a field that makes no envelope: %s %j', async (name, value) => {
      const answer = await host.refused(() => host.postSigned(notification({ [name]: value })));
      expect(answer).toMatchObject({ status: 400, requests: 0 });
      expect(answer.body.message).toContain(name);
    });

    it.each([undefined, 5, null])('a signature of %j', async (Signature) => {
      expect(await host.refused(() => host.post(notification({ Signature })))).toMatchObject({ status: 400 });
    });

    it('raw delivery, and says how to turn it off', async () => {
      const headers = { 'x-amz-sns-rawdelivery': 'true' };
      const { status, body } = await host.refused(() => host.post('anything', { headers }));
      expect(status).toBe(400);
      expect(body.message).toMatch(/RawMessageDelivery to false/);
    });
  });

  describe('answers 403 to', () => {
    it('a topic that is not allowed, without asking anybody', async () => {
      const others = [
        TOPIC_ARN.replace('ses-feedback', 'ses-feedback2'),
        TOPIC_ARN.replace('ses-feedback', 'SES-Feedback'),
        TOPIC_ARN.replace('123456789012', '999999999999'),
        TOPIC_ARN.replace('us-east-1', 'us-west-2'),
        TOPIC_ARN.replace('us-east-1', 'US-EAST-1'),
        TOPIC_ARN.toUpperCase(),
        `${TOPIC_ARN} `,
        `${TOPIC_ARN}:sub`,
        '*',
        'ses-feedback',
      ];
      for (const TopicArn of others) {
        for (const envelope of [
          notification({ TopicArn }),
          confirmation({ TopicArn, SigningCertURL: freshCertificateUrl() }),
        ])
          expect(await host.refused(() => host.postSigned(envelope))).toMatchObject({
            status: 403,
            requests: 0,
          });
      }
    });

    it('a signature by another key', async () => {
      for (const SignatureVersion of ['1', '2'])
        expect(
          await host.refused(() => host.postSigned(notification({ SignatureVersion }), OTHER_KEY)),
        ).toMatchObject({ status: 403 });
    });

    it.each([
      ['Message', '{"eventType":"Bounce"}'],
      ['MessageId', 'another'],
      ['Subject', 'another'],
      ['Subject', undefined],
      ['Timestamp', ago(1_000)],
      ['SignatureVersion', '2'],
      ['Signature', 'bm90IGl0'],
      ['Signature', '%%%'],
    ])('a notification whose %s was changed to %j', async (name, value) => {
      const envelope = { ...sign(notification({ Subject: 'Hello' })), [name]: value };
      expect(await host.refused(() => host.post(envelope))).toMatchObject({ status: 403 });
    });

    it.each([
      ['Message', 'another'],
      ['MessageId', 'another'],
      ['Timestamp', ago(1_000)],
      ['Token', 'another'],
      ['SubscribeURL', subscribeUrl('another')],
    ])('a confirmation whose %s was changed to %j', async (name, value) => {
      const envelope = { ...sign(confirmation({ Token: 'first' })), [name]: value };
      const answer = await host.refused(() => host.post(envelope));
      expect(answer.status).toBe(403);
      expect(host.amazon.requests).not.toContain(envelope.SubscribeURL);
    });

    it('a token and its URL changed together', async () => {
      const SubscribeURL = subscribeUrl('another');
      const envelope = { ...sign(confirmation()), Token: 'another', SubscribeURL };
      expect(await host.refused(() => host.post(envelope))).toMatchObject({ status: 403 });
      expect(host.amazon.requests).not.toContain(SubscribeURL);
    });

    it('one kind of message signed as another', async () => {
      const token = 'switched';
      const asNotification = { ...sign(confirmation({ Token: token })), Type: 'Notification' };
      const asUnsubscribe = { ...sign(confirmation({ Token: token })), Type: 'UnsubscribeConfirmation' };
      const asSubscribe = {
        ...sign(confirmation({ Token: token, Type: 'UnsubscribeConfirmation' })),
        Type: 'SubscriptionConfirmation',
      };
      for (const envelope of [asNotification, asUnsubscribe, asSubscribe])
        expect(await host.refused(() => host.post(envelope))).toMatchObject({ status: 403 });
    });

    it.each([
      ['too old', 76 * MINUTE_MS],
      ['from long ago', 400 * 24 * 60 * MINUTE_MS],
      ['too far ahead', -16 * MINUTE_MS],
    ])('a message that is %s', async (_, age) => {
      const SigningCertURL = freshCertificateUrl();
      const envelope = notification({ Timestamp: ago(age), SigningCertURL });
      expect(await host.refused(() => host.postSigned(envelope))).toMatchObject({ status: 403, requests: 0 });
    });

    it.each([
      'https://sns.us-east-1.amazonaws.com.evil.test/SimpleNotificationService-0a.pem',
      'https://sns-us-east-1.amazonaws.com/SimpleNotificationService-0a.pem',
      'https://sns.us-west-2.amazonaws.com/SimpleNotificationService-0a.pem',
      'https://SNS.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem',
      'https://evil.test/SimpleNotificationService-0a.pem',
      'http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem',
      'file:///etc/ssl/SimpleNotificationService-0a.pem',
      `${HOST}:8443/SimpleNotificationService-0a.pem`,
      'https://sns.us-east-1.amazonaws.com@evil.test/SimpleNotificationService-0a.pem',
      'https://sns.us-east-1.amazonaws.com\\.evil.test/SimpleNotificationService-0a.pem',
      `${HOST}/SimpleNotificationService-0a.pem/../evil.pem`,
      `${HOST}/bucket/SimpleNotificationService-0a.pem`,
      `${CERTIFICATE_URL}?x`,
      `${CERTIFICATE_URL}#`,
      'not a URL',
    ])('the certificate URL %j, without asking it', async (SigningCertURL) => {
      const envelope = notification({ SigningCertURL });
      expect(await host.refused(() => host.postSigned(envelope))).toMatchObject({ status: 403, requests: 0 });
    });

    it.each([
      'http://169.254.169.254/latest/meta-data/',
      `https://169.254.169.254/?Action=ConfirmSubscription&TopicArn=${TOPIC_ARN}&Token=t`,
      `https://sns.us-east-1.amazonaws.com.evil.test/?Action=ConfirmSubscription&TopicArn=${TOPIC_ARN}&Token=t`,
      `https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC_ARN}&Token=t`,
      `${HOST}:444/?Action=ConfirmSubscription&TopicArn=${TOPIC_ARN}&Token=t`,
      `${HOST}/?Action=DeleteTopic&TopicArn=${TOPIC_ARN}&Token=t`,
      `${HOST}/?Action=ConfirmSubscription&TopicArn=${TOPIC_ARN}2&Token=t`,
      `${HOST}/?Action=ConfirmSubscription&TopicArn=${TOPIC_ARN}&Token=another`,
      `${HOST}/?Action=ConfirmSubscription&TopicArn=${TOPIC_ARN}&Token=t&x=y`,
      `${HOST}/path?Action=ConfirmSubscription&TopicArn=${TOPIC_ARN}&Token=t`,
      'not a URL',
    ])('the SubscribeURL %j, rightly signed as it is, without asking it', async (SubscribeURL) => {
      for (const Type of ['SubscriptionConfirmation', 'UnsubscribeConfirmation']) {
        const envelope = confirmation({ Type, Token: 't', SubscribeURL });
        expect(await host.refused(() => host.postSigned(envelope))).toMatchObject({
          status: 403,
          requests: 0,
        });
      }
    });

    it.each<[string, Parameters<typeof forgeCertificate>[0], RegExp]>([
      [
        'expired',
        { notBefore: new Date('2020-01-01'), notAfter: new Date(Date.now() - MINUTE_MS) },
        /expired/,
      ],
      [
        'not valid yet',
        { notBefore: new Date(Date.now() + MINUTE_MS), notAfter: new Date('2100-01-01') },
        /not valid yet/,
      ],
      ['of RSA with 1024 bits', { bits: 1_024 }, /2048 bits/],
      ['of an elliptic curve', { kind: 'ec' }, /2048 bits/],
    ])('a certificate that is %s', async (_, flaw, reason) => {
      const { pem, key } = await forgeCertificate(flaw);
      const SigningCertURL = host.amazon.publish(pem);
      const envelope = sign(notification({ SigningCertURL, SignatureVersion: '2' }), key);
      for (const attempt of [1, 2]) {
        const answer = await host.refused(() => host.post(envelope));
        expect(answer).toMatchObject({ status: 403, requests: attempt === 1 ? 1 : 0 });
        expect(answer.body.message).toMatch(reason);
      }
    });
  });

  describe('answers 413 to', () => {
    it.each([
      ['2 MB of text', 'text/plain', 'x'.repeat(2_000_000)],
      [
        '2 MB of JSON',
        'application/json',
        JSON.stringify(sign(notification({ Message: 'x'.repeat(2_000_000) }))),
      ],
      ['30 MB', 'text/plain', 'x'.repeat(30_000_000)],
      ['one byte too many', 'text/plain', 'x'.repeat(1_048_577)],
    ])('%s', async (_, type, body) => {
      const answer = await host.refused(() => host.post(body, { headers: { 'content-type': type } }));
      expect(answer).toMatchObject({ status: 413, requests: 0, body: { statusCode: 413 } });
    });
  });

  it('reads up to 1 MiB', async () => {
    expect(await host.refused(() => host.post('x'.repeat(1_048_576)))).toMatchObject({ status: 400 });
  });

  it('answers 415 to a compressed body', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expect(await host.refused(() => host.post('x', { headers }))).toMatchObject({ status: 415 });
  });
});
