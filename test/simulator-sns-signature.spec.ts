import { execFileSync } from 'node:child_process';
import { createVerify, X509Certificate } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  canonicalString,
  signEnvelope,
  type SnsEnvelope,
} from '../libs/ses-reputation/src/testing/sns/envelope.js';
import { SIGNING_CERTIFICATE } from '../libs/ses-reputation/src/testing/sns/signing-key.js';
import { hasCommand } from './support/external.js';
import { confirming, startSns, type SnsHarness, type Subscriber } from './support/sns-harness.js';

/**
 * Amazon's own validator judges what is posted. It fetches certificates over `https` by itself, so that call, the
 * edge of our world, is answered by the simulator.
 */
const require = createRequire(import.meta.url);
const MessageValidator = require('sns-validator') as new () => {
  validate(message: string, callback: (error: Error | null) => void): void;
};
const https = require('node:https') as { get: unknown };
const realGet = https.get;

let harness: SnsHarness;
let subscriber: Subscriber;

beforeAll(() => {
  https.get = (url: string, onResponse: (response: EventEmitter & { statusCode: number }) => void) => {
    const request = new EventEmitter();
    void (async () => {
      const answer = await harness.sns.fetch(url);
      const response = Object.assign(new EventEmitter(), { statusCode: answer.status });
      onResponse(response);
      response.emit('data', Buffer.from(await answer.text()));
      response.emit('end');
    })();
    return request;
  };
});

afterAll(() => {
  https.get = realGet;
});

afterEach(async () => {
  await harness.stop();
  await subscriber.stop();
});

async function subscribed(region: string, version?: '1' | '2'): Promise<string> {
  harness = await startSns({ region });
  const topicArn = harness.sns.createTopic('feedback', version && { SignatureVersion: version });
  subscriber = await confirming(harness);
  harness.sns.subscribe(topicArn, subscriber.url);
  await harness.sns.subscribed(topicArn, subscriber.url);
  return topicArn;
}

/** Resolves if Amazon's validator takes the message for genuine. */
function validate(body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    new MessageValidator().validate(body, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * sns-validator leaves the Token of an UnsubscribeConfirmation out, against Amazon's guide and Amazon's validators in
 * other languages, so that this one kind is checked by the guide's own list of fields.
 */
function isSignedAsDocumented(envelope: SnsEnvelope): boolean {
  const fields = envelope as unknown as Record<string, string>;
  const verify = createVerify(envelope.SignatureVersion === '1' ? 'sha1' : 'sha256');
  for (const name of ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']) {
    verify.update(`${name}\n${fields[name]}\n`);
  }
  return verify.verify(SIGNING_CERTIFICATE, envelope.Signature, 'base64');
}

async function everythingFrom(topicArn: string): Promise<string[]> {
  harness.sns.publish(topicArn, 'plain');
  harness.sns.publish(topicArn, '{"eventType":"Bounce"}', { subject: 'With a subject' });
  harness.sns.publish(topicArn, 'ünïcödé ✉️ 日本語 "quotes" \\ \n\t\u2028', { subject: 'Grüße ✉️' });
  harness.sns.publish(topicArn, 'a lone \ud800 surrogate');
  harness.sns.publish(topicArn, 'attributes', { attributes: { kind: { Type: 'String', Value: 'ü' } } });
  await harness.sns.settled();
  const last = subscriber.posts.at(-1)!.envelope;
  await harness.sns.fetch(last['UnsubscribeURL']!);
  await harness.sns.settled();
  return subscriber.posts.map(({ body }) => body);
}

describe.each([
  ['us-east-1', undefined, '1', 'arn:aws:', 'sns.us-east-1.amazonaws.com'],
  ['eu-west-1', '2', '2', 'arn:aws:', 'sns.eu-west-1.amazonaws.com'],
  ['us-gov-west-1', '1', '1', 'arn:aws-us-gov:', 'sns.us-gov-west-1.amazonaws.com'],
  ['cn-north-1', '2', '2', 'arn:aws-cn:', 'sns.cn-north-1.amazonaws.com.cn'],
] as const)('in %s, SignatureVersion %s', (region, asked, version, arnPrefix, host) => {
  it("signs every kind of message so that Amazon's validator takes it", async () => {
    const bodies = await everythingFrom(await subscribed(region, asked));
    expect(bodies).toHaveLength(7);
    for (const body of bodies) {
      const envelope = JSON.parse(body) as SnsEnvelope;
      expect(envelope.SignatureVersion).toBe(version);
      // Clients in other languages refuse or replace an escaped half of a pair.
      expect(body).not.toMatch(/\\ud[89ab]/i);
      expect(envelope.TopicArn).toBe(`${arnPrefix}sns:${region}:123456789012:feedback`);
      expect(envelope.SigningCertURL).toMatch(
        new RegExp(`^https://${host.replaceAll('.', '\\.')}/SimpleNotificationService-[0-9a-f]{32}\\.pem$`),
      );
      if (envelope.Type === 'UnsubscribeConfirmation') expect(isSignedAsDocumented(envelope)).toBe(true);
      else await validate(body);
    }
  });

  it('signs so that a changed message or another key is found out', async () => {
    const [, body] = await everythingFrom(await subscribed(region, asked));
    const envelope = JSON.parse(body!) as SnsEnvelope;
    await expect(validate(JSON.stringify({ ...envelope, Message: 'changed' }))).rejects.toThrow(/invalid/);
    await expect(validate(JSON.stringify({ ...envelope, Subject: 'added' }))).rejects.toThrow(/invalid/);
    const { Signature, ...unsigned } = envelope;
    expect(signEnvelope(unsigned as SnsEnvelope).Signature).toBe(Signature);
  });
});

it('takes a new SignatureVersion for what is published from then on', async () => {
  const topicArn = await subscribed('us-east-1');
  harness.sns.publish(topicArn, 'one');
  await fetch(harness.endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      Action: 'SetTopicAttributes',
      TopicArn: topicArn,
      AttributeName: 'SignatureVersion',
      AttributeValue: '2',
    }),
  });
  harness.sns.publish(topicArn, 'two');
  await harness.sns.settled();
  const versions = subscriber.ofType('Notification').map(({ envelope }) => envelope['SignatureVersion']);
  expect(versions).toEqual(['1', '2']);
  for (const { body } of subscriber.posts) await validate(body);
});

it('signs with a certificate of RSA 2048 bits that is valid for decades', async () => {
  await subscribed('us-east-1');
  const certificate = new X509Certificate(SIGNING_CERTIFICATE);
  expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  expect(certificate.subject).toBe('CN=sns.amazonaws.com');
  expect([certificate.validFrom, certificate.validTo].map((date) => new Date(date).getUTCFullYear())).toEqual(
    [2020, 2120],
  );
  expect(certificate.verify(certificate.publicKey)).toBe(true);
});

if (hasCommand('openssl', ['version'])) {
  it('signs so that openssl, which shares no code with it, agrees', async () => {
    const topicArn = await subscribed('us-east-1', '2');
    harness.sns.publish(topicArn, 'checked from outside ✉️', { subject: 'openssl' });
    await harness.sns.settled();
    const envelope = subscriber.ofType('Notification')[0]!.envelope as unknown as SnsEnvelope;
    const script =
      'd=$(mktemp -d) && trap \'rm -r "$d"\' EXIT && printf %s "$CERT" | openssl x509 -pubkey -noout > "$d/key" && ' +
      'printf %s "$SIGNATURE" | openssl base64 -d -A > "$d/signature" && ' +
      'openssl dgst -sha256 -verify "$d/key" -signature "$d/signature"';
    const output = execFileSync('sh', ['-c', script], {
      input: canonicalString(envelope),
      env: { ...process.env, CERT: SIGNING_CERTIFICATE, SIGNATURE: envelope.Signature },
    });
    expect(output.toString()).toContain('Verified OK');
  });
}
