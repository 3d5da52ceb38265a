import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseSesEvent } from './parse-ses-event.js';

const MAIL = {
  timestamp: '2026-03-01T10:00:00.000Z',
  messageId: '0100-a',
  source: 'Shop <no-reply@example.com>',
  destination: ['ann@example.com', 'bob@example.com'],
  tags: { 'ses-reputation': ['newsletter'], 'ses-reputation-app': ['shop'] },
};

const parse = (event: object) => parseSesEvent(JSON.stringify(event));

describe('parseSesEvent', () => {
  it('reads a bounce of either format alike', () => {
    const bounce = {
      bounceType: 'Permanent',
      bounceSubType: 'General',
      bouncedRecipients: [
        { emailAddress: 'Ann@Example.com', status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 unknown' },
      ],
      timestamp: '2026-03-01T10:00:05.000Z',
      feedbackId: 'f-1',
    };
    const published = parse({ eventType: 'Bounce', bounce, mail: MAIL });
    expect(published).toEqual(parse({ notificationType: 'Bounce', bounce, mail: MAIL }));
    expect(published).toMatchObject({
      type: 'bounce',
      feedbackId: 'f-1',
      at: new Date('2026-03-01T10:00:05.000Z'),
      recipients: [{ address: 'Ann@Example.com', key: 'ann@example.com', status: '5.1.1' }],
      details: { bounceType: 'Permanent', bounceSubType: 'General' },
      mail: {
        messageId: '0100-a',
        sentAt: new Date('2026-03-01T10:00:00.000Z'),
        stream: 'newsletter',
        app: 'shop',
      },
    });
  });

  it.each([
    ['Bounce', 'bounce'],
    ['Complaint', 'complaint'],
    ['Delivery', 'delivery'],
    ['Send', 'send'],
    ['Reject', 'reject'],
    ['Open', 'open'],
    ['Click', 'click'],
    ['Rendering Failure', 'rendering-failure'],
    ['RENDERING_FAILURE', 'rendering-failure'],
    ['DeliveryDelay', 'delay'],
    ['Subscription', 'subscription'],
    ['Resurrection', 'unknown'],
    ['constructor', 'unknown'],
    [5, 'unknown'],
  ])('takes the event type %p for %s', (eventType, type) => {
    expect(parse({ eventType, mail: MAIL })?.type).toBe(type);
  });

  it.each([
    ['Successfully validated SNS topic for Amazon SES event publishing.'],
    ['{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"You have ..."}'],
    ['{"hello":"world"}'],
    ['[{"eventType":"Bounce"}]'],
    ['null'],
    [''],
    ['{"eventType":null}'],
  ])('takes %s for no SES event', (message) => {
    expect(parseSesEvent(message)).toBeNull();
  });

  it('keeps the recipients that can be read', () => {
    const bouncedRecipients = [
      null,
      7,
      ['x'],
      { emailAddress: 9 },
      { emailAddress: ' ' },
      { emailAddress: 'no address' },
      { emailAddress: 'bob@example.com', status: 511, diagnosticCode: { a: 1 } },
    ];
    expect(parse({ eventType: 'Bounce', bounce: { bouncedRecipients }, mail: 'x' })?.recipients).toEqual([
      { address: 'no address', key: null, status: null, diagnostic: null },
      { address: 'bob@example.com', key: 'bob@example.com', status: null, diagnostic: null },
    ]);
  });

  it('keeps the start of an address without an end', () => {
    const delivery = { recipients: [`${'x'.repeat(1_000)}@example.com`] };
    expect(parse({ eventType: 'Delivery', delivery, mail: MAIL })?.recipients).toMatchObject([
      { address: 'x'.repeat(320), key: null },
    ]);
  });

  it('takes tags that no module could have written for none', () => {
    const tags = { 'ses-reputation': ['*'], 'ses-reputation-app': 'shop' };
    expect(parse({ eventType: 'Send', mail: { ...MAIL, tags } })?.mail).toMatchObject({
      stream: null,
      app: null,
      tagged: false,
    });
  });

  it('knows who opted out, opened or clicked only of mail to one', () => {
    for (const eventType of ['Open', 'Click', 'Subscription']) {
      expect(parse({ eventType, mail: MAIL })?.recipients).toEqual([]);
      const one = { ...MAIL, destination: ['ann@example.com'] };
      expect(parse({ eventType, mail: one })?.recipients).toMatchObject([{ key: 'ann@example.com' }]);
    }
  });

  it('tells two events without a message id apart by their content, not by their layout', () => {
    const one = { eventType: 'Send', mail: { destination: ['ann@example.com'] } };
    const two = { eventType: 'Send', mail: { destination: ['bob@example.com'] } };
    expect(parse(one)!.identity).toBe(parseSesEvent(JSON.stringify(one, null, 2))!.identity);
    expect(parse(one)!.identity).not.toBe(parse(two)!.identity);
  });

  it('survives nesting without an end', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(parseSesEvent(`{"eventType":"Bounce","bounce":${deep},"mail":${deep}}`)).toMatchObject({
      type: 'bounce',
      recipients: [],
    });
  });

  it('never throws, and keeps what it reads short and storable', () => {
    const junk = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'binary' }),
        fc.constantFrom('a@example.com', '2026-03-01T10:00:00Z', '\ud800', '\u0000', 'x'.repeat(5_000)),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(
          fc.constantFrom('emailAddress', 'status', 'timestamp', 'tags', '__proto__'),
          tie('value'),
        ),
      ),
    })).value;
    const parts = ['mail', 'bounce', 'complaint', 'delivery', 'deliveryDelay', 'open', 'click', 'failure'];
    const fields = [
      'timestamp',
      'messageId',
      'destination',
      'tags',
      'feedbackId',
      'bounceType',
      'bouncedRecipients',
      'complainedRecipients',
      'recipients',
      'delayedRecipients',
      'link',
      'errorMessage',
    ];
    const event = fc.record({
      eventType: fc.oneof(fc.constantFrom('Bounce', 'Complaint', 'Delivery', 'DeliveryDelay', 'Click'), junk),
      ...Object.fromEntries(
        parts.map((part) => [
          part,
          fc.oneof(junk, fc.record(Object.fromEntries(fields.map((field) => [field, junk])))),
        ]),
      ),
    });
    fc.assert(
      fc.property(event, (value) => {
        const parsed = parseSesEvent(JSON.stringify(value));
        for (const { address, key, status, diagnostic } of parsed?.recipients ?? []) {
          for (const text of [address, key, status, diagnostic]) {
            expect((text ?? '').length).toBeLessThanOrEqual(1_000);
            expect(text ?? '').toBe((text ?? '').toWellFormed().replaceAll('\u0000', ''));
          }
        }
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseSesEvent(text)));
  });
});
