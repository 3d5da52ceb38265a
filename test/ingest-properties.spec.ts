import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SuppressedAddress } from '../libs/ses-reputation/src/suppression/suppressed-address.entity.js';
import { databaseKinds } from './support/databases.js';
import { startIngest, type IngestHarness } from './support/ingest-harness.js';
import {
  asNotification,
  bounce,
  click,
  complaint,
  delay,
  delivery,
  minute,
  open,
  reject,
  renderingFailure,
  send,
  softBounce,
  subscription,
} from './support/ses-event-bodies.js';

const ADDRESSES = ['ann@example.com', 'bob@example.com', 'eve@example.com', 'bounce@simulator.amazonses.com'];

/** Five messages, each with its own time, stream and app, as mail is. */
const mail = fc.record({ n: fc.nat(4), to: fc.subarray(ADDRESSES, { minLength: 1 }) }).map(({ n, to }) => ({
  messageId: `m-${n}`,
  sent: n * 7,
  to,
  stream: ['newsletter', 'transactional', null][n % 3],
  app: n === 4 ? 'billing' : 'shop',
}));

const BOUNCES = ['General', 'Suppressed', 'OnAccountSuppressionList', 'ContentRejected'].flatMap((subType) =>
  ['Permanent', 'Transient'].flatMap((type) =>
    [undefined, '5.1.1', '5.7.1'].map((status) => ({ type, subType, status })),
  ),
);

const event = fc.oneof(
  fc.tuple(mail, fc.nat(BOUNCES.length - 1), fc.boolean()).map(([given, n, identified]) => {
    const feedbackId = identified ? `f-${given.messageId}-${n}` : null;
    const one = bounce({ ...given, ...BOUNCES[n], feedbackId });
    // No two reports of different content have the same recipient, message and time.
    one.bounce.timestamp = minute(given.sent + 1 + n).toISOString();
    return one;
  }),
  fc
    .tuple(
      mail,
      fc.constantFrom('abuse', 'not-spam', null),
      fc.constantFrom(null, 'OnAccountSuppressionList'),
    )
    .map(([given, feedbackType, subType]) =>
      complaint({
        ...given,
        feedbackType,
        subType,
        feedbackId: `c-${given.messageId}-${feedbackType}-${subType}`,
      }),
    ),
  ...[softBounce, delivery, send, reject, renderingFailure, delay, open, click, subscription].map((build) =>
    mail.map((given) => build(given)),
  ),
);

/** Texts that a database, a key or a clock may stumble over, in every field. */
const field = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.constantFrom(
    '\u0000',
    '\ud800',
    `${'é'.repeat(60)}@example.com`,
    "o'hara@example.com",
    '"a b"@example.com',
  ),
  fc.constantFrom('0000-00-00T00:00:00Z', '9999-12-31T23:59:59.999Z', '2026-03-01T00:00:00+99:99'),
  fc.constantFrom('\u{1f600}'.repeat(2_000), 'x'.repeat(100_000)),
  fc.constantFrom<unknown>(null, -1, 1e308, true, [], {}, [[]]),
);
const recipients = fc.oneof(
  field,
  fc.array(fc.oneof(field, fc.record({ emailAddress: field, status: field, diagnosticCode: field })), {
    maxLength: 5,
  }),
);
const details = fc.record({
  timestamp: field,
  feedbackId: field,
  bounceType: fc.constantFrom<unknown>('Permanent', 'Transient', 'x'.repeat(500), 7),
  bounceSubType: field,
  bouncedRecipients: recipients,
  complainedRecipients: recipients,
  complaintFeedbackType: field,
  delayedRecipients: recipients,
  delayType: field,
  recipients,
  reason: field,
  link: field,
  newTopicPreferences: fc.oneof(field, fc.constant({ unsubscribeAll: true })),
});
const anyEvent = fc
  .tuple(
    fc.constantFrom(
      ['Bounce', 'bounce'],
      ['Complaint', 'complaint'],
      ['Delivery', 'delivery'],
      ['DeliveryDelay', 'deliveryDelay'],
      ['Reject', 'reject'],
      ['Click', 'click'],
      ['Subscription', 'subscription'],
      ['\u0000', 'x'],
    ),
    details,
    fc.record({ messageId: field, timestamp: field, destination: recipients, tags: field }),
  )
  .map(([[eventType, name], body, given]) => ({ eventType, [name!]: body, mail: given }));

describe.each(databaseKinds())('on $name', (kind) => {
  let at: IngestHarness;
  beforeAll(async () => {
    at = await startIngest(kind);
  });
  afterAll(() => at.stop());

  it('order and repetition of feedback change neither rows, counts nor suppressions', async () => {
    // What a run of soft bounces adds up to does depend on what is known at the time.
    const { take } = at.withOptions({ suppression: { softBounceLimit: false }, feedback: { store: 'all' } });
    const after = async (events: object[]) => {
      await at.clear();
      for (const one of events) await take(one);
      const suppressed = await at.dataSource.manager.find(SuppressedAddress, {
        select: { key: true, scope: true, reason: true, since: true },
        order: { key: 'ASC', scope: 'ASC' },
      });
      const rows = (await at.rows()).map((row) => Object.assign(row, { raw: 'of either format' }));
      return { rows, buckets: await at.buckets(), suppressed };
    };
    const inTwoOrders = fc.array(event, { minLength: 1, maxLength: 12 }).chain((events) =>
      fc.tuple(
        fc.constant(events),
        fc.shuffledSubarray([...events, ...events.map((one) => asNotification(one))], {
          minLength: events.length * 2,
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(inTwoOrders, async ([once, repeated]) => {
        expect(await after(repeated)).toEqual(await after(once));
      }),
      { numRuns: kind.name === 'SQLite' ? 40 : 5 },
    );
  });

  it('takes in any event, whatever its fields hold', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvent, async (one) => {
        await at.clear();
        expect(await at.take(one)).toBe('stored');
        expect(['stored', 'repeated']).toContain(await at.take(one));
      }),
      { numRuns: kind.name === 'SQLite' ? 100 : 30 },
    );
  });
});
