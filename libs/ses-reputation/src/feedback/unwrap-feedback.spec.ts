import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidFeedbackError } from './invalid-feedback.error.js';
import { unwrapFeedback } from './unwrap-feedback.js';

const EVENT = { eventType: 'Send', mail: { messageId: 'm-1' }, send: {} };
const TEXT = JSON.stringify(EVENT);
const ENVELOPE = { Type: 'Notification', MessageId: 'x', TopicArn: 'arn:aws:sns:…', Message: TEXT };
const { eventType: _, ...untyped } = EVENT;
const EVENTBRIDGE = { source: 'aws.ses', 'detail-type': 'Email Sent', detail: untyped };

const events = (body: unknown) => unwrapFeedback(body).map((text) => JSON.parse(text) as unknown);

describe('unwrapFeedback', () => {
  it.each([
    ['a raw event', EVENT],
    ['its text', TEXT],
    ['its text with a byte-order mark', `\ufeff${TEXT}`],
    ['an SNS envelope', ENVELOPE],
    ['the text of one', JSON.stringify(ENVELOPE)],
    ['an EventBridge event', EVENTBRIDGE],
    ['one that names the type itself', { ...EVENTBRIDGE, 'detail-type': 'Whatever', detail: EVENT }],
    ['an EventBridge event in an envelope', { ...ENVELOPE, Message: JSON.stringify(EVENTBRIDGE) }],
    ['a Lambda SNS record', { EventSource: 'aws:sns', Sns: ENVELOPE }],
    ["a Lambda function's SNS event", { Records: [{ Sns: { ...ENVELOPE, Type: undefined } }] }],
    [
      "a Lambda function's SQS event",
      { Records: [{ eventSource: 'aws:sqs', body: JSON.stringify(ENVELOPE) }] },
    ],
  ])('finds the event in %s', (_name, body) => {
    const [found, ...others] = unwrapFeedback(body);
    expect(JSON.parse(found!.replace(/^\ufeff/, ''))).toEqual(EVENT);
    expect(others).toEqual([]);
  });

  it('finds every record', () => {
    const record = { Sns: ENVELOPE };
    expect(events({ Records: [record, record] })).toEqual([EVENT, EVENT]);
  });

  it('finds no event in envelopes without news', () => {
    expect(unwrapFeedback({ Type: 'SubscriptionConfirmation', Message: 'You have chosen …' })).toEqual([]);
    expect(unwrapFeedback({ Type: 'UnsubscribeConfirmation', Message: 'You have chosen …' })).toEqual([]);
    expect(unwrapFeedback({ Records: [] })).toEqual([]);
  });

  it("hands on what an envelope carries, and SES's test message, to be ignored", () => {
    const test = 'Successfully validated SNS topic for Amazon SES event publishing.';
    expect(unwrapFeedback(test)).toEqual([test]);
    expect(unwrapFeedback({ ...ENVELOPE, Message: 'hello' })).toEqual(['hello']);
  });

  it.each([
    [undefined],
    [null],
    [7],
    ['hello'],
    ['"hello"'],
    ['[]'],
    [{}],
    [[EVENT]],
    [{ Type: 'Notification' }],
    [{ Type: 'Notification', Message: EVENT }],
    [{ Records: [{}] }],
    [{ Records: [null] }],
    [{ source: 'aws.s3', 'detail-type': 'Object Created', detail: {} }],
  ])('refuses %j', (body) => {
    expect(() => unwrapFeedback(body)).toThrow(InvalidFeedbackError);
  });

  it('refuses boxes in boxes without an end, and says what it takes', () => {
    let body = TEXT;
    for (let i = 0; i < 6; i++) body = JSON.stringify({ Records: [{ body }] });
    expect(() => unwrapFeedback(body)).toThrow(/wrapped too many times.*Pass an SNS envelope/);
  });

  it('gives texts or its own error, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.json()), (body) => {
        try {
          for (const text of unwrapFeedback(body)) expect(typeof text).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidFeedbackError);
        }
      }),
    );
  });
});
