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

const event = fc.oneof(
  fc
    .tuple(
      mail,
      fc.constantFrom('General', 'Suppressed', 'OnAccountSuppressionList', 'ContentRejected'),
      fc.constantFrom('Permanent', 'Transient'),
      fc.constantFrom(undefined, '5.1.1', '5.7.1'),
      fc.constantFrom(null, 'f-1'),
    )
    .map(([given, subType, type, status, feedbackId]) => {
      const id = feedbackId && `${feedbackId}-${given.messageId}-${type}-${subType}-${status}`;
      return bounce({ ...given, subType, type, status, feedbackId: id });
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
      { numRuns: kind.name === 'SQLite' ? 60 : 8 },
    );
  });
});
