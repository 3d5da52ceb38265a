import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FeedbackRefusedError } from '../feedback-refused.js';
import { parseEnvelope } from './envelope.js';

const NOTIFICATION = {
  Type: 'Notification',
  MessageId: 'id-1',
  TopicArn: 'arn:aws:sns:eu-west-1:123456789012:ses-feedback',
  Message: '{}',
  Timestamp: '2026-05-02T00:54:06.655Z',
  SignatureVersion: '1',
  Signature: 'c2lnbmVk',
  SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem',
};
const CONFIRMATION = {
  ...NOTIFICATION,
  Type: 'SubscriptionConfirmation',
  Token: 'token-1',
  SubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription',
};

describe('parseEnvelope', () => {
  it('reads a notification', () => {
    expect(parseEnvelope(JSON.stringify(NOTIFICATION))).toEqual({
      ...NOTIFICATION,
      topic: { partition: 'aws', region: 'eu-west-1' },
      at: Date.UTC(2026, 4, 2, 0, 54, 6, 655),
    });
  });

  it.each(['SubscriptionConfirmation', 'UnsubscribeConfirmation'])('reads a %s', (Type) => {
    expect(parseEnvelope({ ...CONFIRMATION, Type })).toMatchObject({ Type, Token: 'token-1' });
  });

  it('accepts a byte-order mark', () => {
    expect(parseEnvelope(`\uFEFF${JSON.stringify(NOTIFICATION)}`)).toMatchObject({ MessageId: 'id-1' });
  });

  it.each([
    ['none', {}, undefined],
    ['null', { Subject: null }, undefined],
    ['an empty one', { Subject: '' }, ''],
    ['a text', { Subject: 'Hello' }, 'Hello'],
  ])('takes a subject: %s', (_, subject, expected) => {
    const { Subject } = parseEnvelope({ ...NOTIFICATION, ...subject }) as { Subject?: string };
    expect(Subject).toBe(expected);
  });

  it.each(
    Object.keys(NOTIFICATION).flatMap((name): [string, string, unknown][] => [
      [name, 'missing', undefined],
      [name, 'null', null],
      [name, 'a number', 1],
      [name, 'a list', ['1']],
      [name, 'an object', { toString: 'Notification' }],
      [name, 'empty', name === 'Message' ? false : ''],
    ]),
  )('refuses %s that is %s', (name, _, value) => {
    expect(() => parseEnvelope({ ...NOTIFICATION, [name]: value })).toThrow(refusal(name));
  });

  it.each([
    ['Token', undefined],
    ['Token', 1],
    ['SubscribeURL', undefined],
    ['SubscribeURL', null],
  ])('refuses a confirmation whose %s is %s', (name, value) => {
    expect(() => parseEnvelope({ ...CONFIRMATION, [name]: value })).toThrow(refusal(name));
  });

  it.each([
    ['Type', 'notification'],
    ['SignatureVersion', '3'],
    ['SignatureVersion', '1.0'],
    ['Timestamp', 'yesterday'],
    ['Timestamp', '2026-13-02T00:54:06.655Z'],
    ['Timestamp', '2026'],
    ['Subject', 1],
  ])('refuses %s %j', (name, value) => {
    expect(() => parseEnvelope({ ...NOTIFICATION, [name]: value })).toThrow(refusal(name));
  });

  it.each([
    'ses-feedback',
    '*',
    'arn:aws:sqs:eu-west-1:123456789012:ses-feedback',
    'arn:aws:sns:evil.test/:123456789012:ses-feedback',
    'arn:aws:sns:eu-west-1:123456789012:ses-feedback ',
    'arn:aws:sns:eu-west-1:123456789012:a\nb',
  ])('takes %j for a topic that is not allowed', (TopicArn) => {
    expect(() => parseEnvelope({ ...NOTIFICATION, TopicArn })).toThrow(
      expect.objectContaining({ status: 403 }),
    );
  });

  it.each([
    ['nothing', ''],
    ['what is not JSON', '{"Type":'],
    ['a form', 'Type=Notification'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"Notification"'],
    ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['fields under __proto__', JSON.stringify(NOTIFICATION).replace(/^\{(.*)\}$/, '{"__proto__":{$1}}')],
  ])('refuses %s', (_, body) => {
    expect(() => parseEnvelope(body)).toThrow(FeedbackRefusedError);
  });

  it('reads own fields only', () => {
    expect(() => parseEnvelope(Object.create(NOTIFICATION))).toThrow(/Type is missing/);
  });

  it.each([
    ['an SES event', { eventType: 'Bounce' }, {}],
    ['an SES notification', { notificationType: 'Bounce' }, {}],
    ['the header of SNS', 'Successfully validated SNS topic', { rawDelivery: true }],
  ])('says how to turn raw delivery off: %s', (_, body, options) => {
    expect(() => parseEnvelope(body, options)).toThrow(/RawMessageDelivery to false/);
  });

  it('lets the body decide, whatever the header says', () => {
    expect(parseEnvelope(NOTIFICATION, { rawDelivery: true })).toMatchObject({ Type: 'Notification' });
  });

  it('answers anything else that is JSON with a refusal', () => {
    const field = fc.constantFrom(...Object.keys(CONFIRMATION), '__proto__', 'constructor');
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.dictionary(field, fc.jsonValue()).map((o) => JSON.stringify(o)),
    );
    fc.assert(
      fc.property(body, (text) => {
        expect(() => parseEnvelope(text)).toThrow(FeedbackRefusedError);
      }),
    );
  });
});

function refusal(name: string): FeedbackRefusedError {
  return expect.objectContaining({ status: 400, message: expect.stringContaining(name) }) as never;
}
