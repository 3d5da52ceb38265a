import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InvalidFeedbackError } from '../libs/ses-reputation/src/feedback/invalid-feedback.error.js';
import { sqlite } from './support/databases.js';
import { payloads, startIngest, type IngestHarness } from './support/ingest-harness.js';
import { asNotification, bounce, complaint, delivery, open, send } from './support/ses-event-bodies.js';

type Event = ReturnType<typeof bounce>;

const envelope = (event: object) => ({
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: 'arn:aws:sns:us-east-1:123456789012:ses-feedback',
  Message: JSON.stringify(event),
});

const lambdaEvent = (...events: object[]) => ({
  Records: events.map((event) => ({ EventSource: 'aws:sns', Sns: envelope(event) })),
});

const DOORS: [string, (event: Event) => unknown][] = [
  ['an SNS envelope', envelope],
  ['the text of one', (event) => JSON.stringify(envelope(event))],
  ['a raw event', (event) => event],
  ['the text of one, laid out', (event) => JSON.stringify(event, null, 2)],
  ['an identity notification', asNotification],
  ['an EventBridge event', (event) => ({ source: 'aws.ses', 'detail-type': 'Email Bounced', detail: event })],
  ['a Lambda SNS record', (event) => lambdaEvent(event)],
];

describe('FeedbackService', () => {
  let at: IngestHarness;
  beforeAll(async () => {
    at = await startIngest({ name: 'SQLite', create: sqlite });
  });
  afterAll(() => at.stop());
  beforeEach(() => at.clear());

  it.each(DOORS)('takes in %s, and nothing twice that comes by the other doors', async (_name, wrap) => {
    const event = bounce({ to: ['ann@example.com', 'bob@example.com'] });
    expect(await at.service.ingest(wrap(event), { source: 'first' })).toBe('stored');
    for (const [, other] of DOORS)
      expect(await at.service.ingest(other(event), { source: 'other' })).toBe('repeated');
    expect((await at.rows()).map(({ source }) => source)).toEqual(['first', 'first']);
    expect(await at.counts()).toEqual({ hardBounces: 2 });
    expect(await at.raised()).toHaveLength(4);
  });

  it('tells feedback without a feedback id apart by message, type, recipient and time', async () => {
    const event = bounce({ feedbackId: null });
    const others = [
      bounce({ feedbackId: null, messageId: 'm-2' }),
      bounce({ feedbackId: null, to: ['bob@example.com'] }),
      bounce({ feedbackId: null, sent: 1 }),
      complaint({ feedbackId: null }),
    ];
    for (const one of [event, ...others]) expect(await at.take(one)).toBe('stored');
    for (const one of [event, ...others]) expect(await at.take(one)).toBe('repeated');
    expect(await at.rows()).toHaveLength(5);
  });

  it('counts deliveries, opens and sends once by any door', async () => {
    for (const event of [delivery(), open(), send({ app: 'billing' })]) {
      expect(await at.service.ingest(event, { source: 'a' })).toBe('stored');
      expect(await at.service.ingest(envelope(event), { source: 'b' })).toBe('repeated');
    }
    expect(await at.counts()).toEqual({ deliveries: 1, opens: 1, sent: 1 });
    expect(payloads(await at.raised(), 'ses.delivery')).toHaveLength(1);
  });

  it('takes the recipients in that an earlier notification did not name', async () => {
    await at.take(bounce({ to: ['ann@example.com'] }));
    expect(await at.take(bounce({ to: ['ann@example.com', 'bob@example.com'] }))).toBe('stored');
    expect(payloads(await at.raised(), 'ses.bounce.hard').map(({ address }) => address)).toEqual([
      'ann@example.com',
      'bob@example.com',
    ]);
  });

  it('gives one word for many records', async () => {
    expect(await at.service.ingest(lambdaEvent(bounce(), { no: 'event' }), { source: 'lambda' })).toBe(
      'stored',
    );
    expect(
      await at.service.ingest(lambdaEvent(bounce(), bounce({ messageId: 'm-2' })), { source: 'lambda' }),
    ).toBe('stored');
    expect(await at.service.ingest(lambdaEvent({ no: 'event' }, bounce()), { source: 'lambda' })).toBe(
      'repeated',
    );
    expect(await at.service.ingest(lambdaEvent({ no: 'event' }), { source: 'lambda' })).toBe('ignored');
    expect(await at.service.ingest(lambdaEvent(), { source: 'lambda' })).toBe('ignored');
  });

  it('refuses what is no feedback with an error that says what to pass', async () => {
    await expect(at.service.ingest({ hello: 'world' }, { source: 'queue' })).rejects.toThrow(
      InvalidFeedbackError,
    );
    await expect(at.service.ingest('hello', { source: 'queue' })).rejects.toMatchObject({
      code: 'SES_INVALID_FEEDBACK',
      message: expect.stringContaining('Pass an SNS envelope'),
    });
  });

  it('takes in all of an event or nothing, and tells nothing before it is written', async () => {
    const query = (sql: string) => at.dataSource.query(sql);
    await query('alter table ses_suppressed_address rename to out_of_reach');
    await expect(at.take(bounce())).rejects.toMatchObject({ code: 'SES_STORE_UNAVAILABLE' });
    await query('alter table out_of_reach rename to ses_suppressed_address');
    expect(await at.rows()).toEqual([]);
    expect(await at.buckets()).toEqual([]);
    expect(await at.raised()).toEqual([]);
    expect(await at.take(bounce())).toBe('stored');
    expect(await at.raised()).toHaveLength(2);
  });
});
