import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SeenFeedback } from '../libs/ses-reputation/src/feedback/seen-feedback.entity.js';
import { databaseKinds } from './support/databases.js';
import { payloads, startIngest, type IngestHarness } from './support/ingest-harness.js';
import {
  bounce,
  click,
  complaint,
  delay,
  delivery,
  mail,
  minute,
  open,
  reject,
  renderingFailure,
  send,
  softBounce,
  subscription,
} from './support/ses-event-bodies.js';

const softBounceOf = (n: number, sent = n * 10) => softBounce({ messageId: `m-${n}`, sent });

describe.each(databaseKinds())('feedback taken in on $name', (kind) => {
  let at: IngestHarness;
  beforeAll(async () => {
    at = await startIngest(kind);
  });
  afterAll(() => at.stop());
  beforeEach(() => at.clear());

  describe('a hard bounce', () => {
    it('is stored, counted where its mail was sent, suppressed and told', async () => {
      const event = bounce({
        to: ['Ann <Ann@Example.com>'],
        sent: 5,
        status: '5.1.1',
        diagnosticCode: 'smtp; 550 5.1.1 user unknown',
      });
      expect(await at.take(event, 'sqs')).toBe('stored');
      const [row, ...others] = await at.rows();
      expect(others).toEqual([]);
      expect(row).toMatchObject({
        type: 'bounce',
        category: 'hard',
        address: 'Ann <Ann@Example.com>',
        key: 'ann@example.com',
        messageId: 'm-1',
        feedbackId: 'bounce-of-m-1',
        stream: 'newsletter',
        at: minute(6),
        sentAt: minute(5),
        source: 'sqs',
        subType: 'Permanent/General',
        status: '5.1.1',
        diagnostic: 'smtp; 550 5.1.1 user unknown',
        raw: JSON.stringify(event),
      });
      for (const dimension of ['account', 'stream:newsletter', 'domain:example.com'])
        expect(await at.counts(dimension)).toEqual({ hardBounces: 1 });
      const [bucket] = await at.buckets();
      expect(minute(5).getTime() - bucket!.start.getTime()).toBeLessThan(bucket!.minutes * 60_000);
      expect(await at.suppressed()).toEqual(['ann@example.com * hard-bounce']);
      const raised = await at.raised();
      expect(raised.map(({ name }) => name)).toEqual(['ses.bounce.hard', 'ses.suppression.added']);
      expect(payloads(raised, 'ses.bounce.hard')).toEqual([
        {
          id: row!.id,
          at: minute(6),
          address: 'Ann <Ann@Example.com>',
          messageId: 'm-1',
          stream: 'newsletter',
          sentAt: minute(5),
          feedbackId: 'bounce-of-m-1',
          bounceType: 'Permanent',
          bounceSubType: 'General',
          status: '5.1.1',
          diagnostic: 'smtp; 550 5.1.1 user unknown',
          category: 'hard',
        },
      ]);
      const since = (await at.suppression.check(['ann@example.com'])).get('ann@example.com')?.since;
      expect(since).toEqual(minute(6));
    });

    it('that blames the sender counts, and is told as a block, but suppresses nobody', async () => {
      await at.take(bounce({ status: '5.7.1', diagnosticCode: 'smtp; 550 5.7.1 rejected by policy' }));
      expect(await at.counts()).toEqual({ hardBounces: 1 });
      expect(await at.suppressed()).toEqual([]);
      const raised = await at.raised();
      expect(raised.map(({ name }) => name)).toEqual(['ses.bounce.hard', 'ses.reputation.blocked']);
      expect(new Set(raised.map(({ payload }) => payload.id)).size).toBe(2);
    });

    it("by the account's own list leaves the volume, by the global one counts", async () => {
      await at.take(bounce({ subType: 'OnAccountSuppressionList' }));
      expect(await at.counts()).toEqual({ excluded: 1 });
      await at.take(bounce({ messageId: 'm-2', to: ['bob@example.com'], subType: 'Suppressed' }));
      expect(await at.counts()).toEqual({ excluded: 1, hardBounces: 1 });
      expect(await at.suppressed()).toEqual([
        'ann@example.com * account-list',
        'bob@example.com * hard-bounce',
      ]);
    });

    it('of several recipients acts on those that bounced, never on the whole destination list', async () => {
      const to = ['ann@example.com', 'bob@example.com', 'eve@example.net'];
      await at.take(bounce({ to, bounced: [{ emailAddress: to[0] }, { emailAddress: to[2] }] }));
      expect((await at.rows()).map(({ address }) => address).toSorted()).toEqual([to[0], to[2]]);
      expect(await at.counts()).toEqual({ hardBounces: 2 });
      expect(await at.counts('domain:example.net')).toEqual({ hardBounces: 1 });
      expect(await at.suppressed()).toHaveLength(2);
      expect(payloads(await at.raised(), 'ses.bounce.hard')).toHaveLength(2);
    });

    it('without tags counts for the account only', async () => {
      await at.take(bounce({ stream: null }));
      expect((await at.buckets()).map(({ dimension }) => dimension)).toEqual(['account']);
    });

    it('of mail from the future, or of an unknown time, is booked to now', async () => {
      const now = at.clock.now();
      await at.take(bounce({ sent: 100_000 }));
      await at.take({ ...bounce({ to: ['bob@example.com'] }), mail: { messageId: 'm-2' } });
      for (const { start } of await at.buckets()) expect(now - start.getTime()).toBeLessThan(60_000);
      expect(await at.counts()).toEqual({ hardBounces: 2 });
    });

    it('counts once a message and recipient, whatever number of reports tell of it', async () => {
      await at.take(bounce({ feedbackId: 'f-1' }));
      expect(await at.take(bounce({ feedbackId: 'f-2', to: ['ANN@example.com'] }))).toBe('stored');
      expect(await at.rows()).toHaveLength(2);
      expect(await at.counts()).toEqual({ hardBounces: 1 });
      expect(payloads(await at.raised(), 'ses.suppression.added')).toHaveLength(1);
    });

    it("of the mailbox simulator's addresses counts nowhere, and is told", async () => {
      await at.take(bounce({ to: ['bounce@simulator.amazonses.com'] }));
      expect(await at.counts()).toEqual({});
      expect(await at.suppressed()).toEqual([]);
      expect(await at.rows()).toHaveLength(1);
      expect((await at.raised()).map(({ name }) => name)).toEqual(['ses.bounce.hard']);
    });
  });

  describe('soft bounces', () => {
    it('suppress at the fifth in a row, for different messages', async () => {
      for (const n of [1, 2, 3, 4]) await at.take(softBounceOf(n));
      await at.take(softBounce({ messageId: 'm-4', sent: 40, feedbackId: 'another report' }));
      expect(await at.suppressed()).toEqual([]);
      await at.take(softBounceOf(5));
      expect(await at.suppressed()).toEqual(['ann@example.com * soft-bounces']);
      expect(await at.counts()).toEqual({ softBounces: 5 });
      expect((await at.raised()).map(({ name }) => name)).toEqual([
        ...Array.from({ length: 6 }, () => 'ses.bounce.soft'),
        'ses.suppression.added',
      ]);
    });

    it('count anew after a delivery, by when the mail was sent', async () => {
      for (const n of [6, 5, 4, 3]) await at.take(softBounceOf(n));
      await at.take(delivery({ messageId: 'm-2', sent: 20 }));
      await at.take(softBounceOf(1));
      expect(await at.suppressed()).toEqual([]);
      await at.take(softBounceOf(7));
      expect(await at.suppressed()).toEqual(['ann@example.com * soft-bounces']);
    });

    it('do not suppress when mail between them was delivered', async () => {
      await at.take(delivery({ messageId: 'm-4', sent: 40 }));
      for (const n of [1, 2, 3, 5, 6, 7, 8]) await at.take(softBounceOf(n));
      expect(await at.suppressed()).toEqual([]);
    });

    it('of messages that a server took before it bounced them are no deliveries', async () => {
      for (const n of [1, 2, 3, 4, 5]) {
        await at.take(delivery({ messageId: `m-${n}`, sent: n * 10 }));
        await at.take(softBounceOf(n));
      }
      expect(await at.suppressed()).toEqual(['ann@example.com * soft-bounces']);
    });

    it('count anew after a release', async () => {
      for (const n of [1, 2, 3, 4, 5]) await at.take(softBounceOf(n));
      await at.suppression.release('ann@example.com');
      await at.take(softBounceOf(6));
      for (const n of [7, 8, 9, 10]) await at.take(softBounceOf(n, 1_440 + n));
      expect(await at.suppressed()).toEqual([]);
      await at.take(softBounceOf(11, 1_451));
      expect(await at.suppressed()).toEqual(['ann@example.com * soft-bounces']);
    });

    it('are not what an out-of-office reply or a refused content is', async () => {
      const { take } = at.withOptions({ suppression: { softBounceLimit: 1 } });
      await take(bounce({ messageId: 'm-1', type: 'Transient' }));
      await take(
        bounce({ messageId: 'm-2', type: 'Transient', subType: 'ContentRejected', status: '5.6.1' }),
      );
      expect((await at.rows()).map(({ category }) => category).toSorted()).toEqual(['auto-reply', 'content']);
      expect(await at.suppressed()).toEqual([]);
      expect(await at.counts()).toEqual({});
    });

    it('never suppress where the limit is off', async () => {
      const { take } = at.withOptions({ suppression: { softBounceLimit: false } });
      for (let n = 1; n <= 8; n++) await take(softBounceOf(n));
      expect(await at.suppressed()).toEqual([]);
    });
  });

  describe('a complaint', () => {
    it('suppresses every candidate, says that they are, and counts once at their domain', async () => {
      const complained = ['ann@example.com', 'bob@example.com'];
      await at.take(complaint({ to: [...complained, 'eve@example.net'], complained }));
      expect(await at.suppressed()).toEqual(['ann@example.com * complaint', 'bob@example.com * complaint']);
      const [history] = await at.suppression.history('bob@example.com');
      expect(history).toMatchObject({ note: expect.stringContaining('one of 2 candidates') });
      expect(await at.counts()).toEqual({ complaints: 1 });
      expect(await at.counts('domain:example.com')).toEqual({ complaints: 1 });
      expect(await at.rows()).toHaveLength(2);
      expect(payloads(await at.raised(), 'ses.complaint')).toMatchObject([
        { address: 'ann@example.com', candidates: 2, complaintType: 'abuse' },
        { address: 'bob@example.com', candidates: 2, complaintType: 'abuse' },
      ]);
    });

    it('told by one notification for each candidate counts once', async () => {
      await at.take(complaint({ complained: ['ann@example.com'] }));
      await at.take(complaint({ complained: ['bob@example.com'] }));
      expect(await at.counts()).toEqual({ complaints: 1 });
      expect(await at.suppressed()).toHaveLength(2);
    });

    it('that says not-spam neither counts nor suppresses', async () => {
      await at.take(complaint({ feedbackType: 'not-spam' }));
      expect(await at.counts()).toEqual({});
      expect(await at.suppressed()).toEqual([]);
      expect(await at.rows()).toMatchObject([{ category: 'not-spam', subType: 'not-spam' }]);
    });

    it("by the account's own list leaves the volume, once with the bounce that says the same", async () => {
      await at.take(complaint({ subType: 'OnAccountSuppressionList', feedbackType: null }));
      await at.take(bounce({ subType: 'OnAccountSuppressionList' }));
      expect(await at.counts()).toEqual({ excluded: 1 });
      expect(await at.suppressed()).toEqual(['ann@example.com * account-list']);
    });

    it('is stronger than a bounce, in either order', async () => {
      await at.take(complaint());
      await at.take(bounce());
      await at.take(bounce({ to: ['bob@example.com'], messageId: 'm-2' }));
      await at.take(complaint({ to: ['bob@example.com'], messageId: 'm-2', feedbackId: 'c-2' }));
      expect(await at.suppressed()).toEqual(['ann@example.com * complaint', 'bob@example.com * complaint']);
    });
  });

  describe('an opt-out of everything', () => {
    it('suppresses its stream', async () => {
      await at.take(subscription({ stream: 'transactional' }));
      expect(await at.suppressed()).toEqual(['ann@example.com transactional unsubscribe']);
      expect((await at.raised()).map(({ name }) => name)).toEqual([
        'ses.subscription',
        'ses.suppression.added',
        'ses.unsubscribe',
      ]);
    });

    it('of an unknown stream suppresses every stream that can be left', async () => {
      const streams = {
        alerts: {},
        news: { unsubscribe: true },
        offers: { unsubscribe: true },
      };
      await at.withOptions({ streams }).take(subscription({ stream: null }));
      expect(await at.suppressed()).toEqual([
        'ann@example.com news unsubscribe',
        'ann@example.com offers unsubscribe',
      ]);
    });

    it('by one of several recipients unsubscribes nobody', async () => {
      await at.take(subscription({ to: ['ann@example.com', 'bob@example.com'] }));
      expect(await at.suppressed()).toEqual([]);
      expect(await at.rows()).toMatchObject([{ type: 'subscription', address: null }]);
      expect(payloads(await at.raised(), 'ses.subscription')).toMatchObject([
        { address: null, unsubscribedAll: true },
      ]);
    });

    it('is not what a change of topics is', async () => {
      await at.take(subscription({ unsubscribeAll: false }));
      expect(await at.suppressed()).toEqual([]);
      expect(await at.rows()).toHaveLength(1);
    });
  });

  describe('feedback for mail that was sent before a release', () => {
    it('does not suppress again; for mail sent after it does', async () => {
      await at.take(bounce());
      await at.suppression.release('ann@example.com');
      await at.take(bounce({ messageId: 'm-2', sent: 10 }));
      await at.take(complaint());
      // Sent before, bounced after.
      await at.take(bounce({ messageId: 'm-3', sent: 1_440 }));
      expect(await at.suppressed()).toEqual([]);
      expect(await at.counts()).toEqual({ hardBounces: 3, complaints: 1 });
      await at.take(bounce({ messageId: 'm-4', sent: 1_441 }));
      expect(await at.suppressed()).toEqual(['ann@example.com * hard-bounce']);
    });

    it('holds for the scope that was released', async () => {
      await at.take(subscription({ stream: 'newsletter' }));
      await at.suppression.release('ann@example.com', { scope: 'newsletter' });
      await at.take(subscription({ stream: 'newsletter', messageId: 'm-2', sent: 10 }));
      expect(await at.suppressed()).toEqual([]);
      await at.take(bounce());
      expect(await at.suppressed()).toEqual(['ann@example.com * hard-bounce']);
    });
  });

  describe('mail that SES took', () => {
    const to = ['ann@example.com', 'bob@example.com', 'success@simulator.amazonses.com'];

    it('is not counted again if this mailer sent it', async () => {
      await at.take(send({ to }));
      expect(await at.counts()).toEqual({});
      expect(await at.dataSource.manager.count(SeenFeedback)).toBe(0);
    });

    it("counts under its stream if another app's mailer sent it", async () => {
      expect(await at.take(send({ to, app: 'billing', stream: 'invoices' }))).toBe('stored');
      expect(await at.take(send({ to, app: 'billing', stream: 'invoices' }))).toBe('repeated');
      for (const dimension of ['account', 'stream:invoices', 'domain:example.com'])
        expect(await at.counts(dimension)).toEqual({ sent: 2 });
    });

    it('is unaccounted for without tags', async () => {
      await at.take(send({ to, stream: null }));
      expect((await at.buckets()).map(({ dimension }) => dimension)).toEqual(['account']);
      expect(await at.counts()).toEqual({ sent: 2, unaccounted: 2 });
    });
  });

  it('counts and tells deliveries, opens and clicks without a row', async () => {
    const to = ['ann@example.com', 'bob@example.com'];
    for (const event of [delivery({ to }), open(), open({ to, messageId: 'm-2' }), click()])
      await at.take(event);
    await at.take(click({ link: 'https://example.com/other' }));
    expect(await at.counts()).toEqual({ deliveries: 2, opens: 2, clicks: 2 });
    expect(await at.rows()).toEqual([]);
    const raised = await at.raised();
    expect(raised.map(({ name }) => name)).toEqual([
      'ses.delivery',
      'ses.delivery',
      'ses.open',
      'ses.open',
      'ses.click',
      'ses.click',
    ]);
    const opened = payloads(raised, 'ses.open').map(({ address }) => address);
    // Nothing orders events of different addresses.
    expect(new Set(opened)).toEqual(new Set(['ann@example.com', null]));
    expect(opened).toHaveLength(2);
    expect(payloads(raised, 'ses.click')[0]).toMatchObject({ link: 'https://example.com/' });
  });

  it('gives every event a row where all are stored', async () => {
    const { take } = at.withOptions({ feedback: { store: 'all' } });
    for (const event of [send(), delivery(), open(), click()]) await take(event);
    expect((await at.rows()).map(({ type }) => type).toSorted()).toEqual([
      'click',
      'delivery',
      'open',
      'send',
    ]);
  });

  it.each([
    ['rejects', 'ses.reject', reject, { reason: 'Bad content' }],
    ['renderingFailures', 'ses.rendering-failure', renderingFailure, { templateName: 'welcome' }],
    ['delays', 'ses.delay', delay, { delayType: 'TransientCommunicationFailure', status: '4.4.1' }],
  ] as const)('stores, counts and tells %s, one a recipient', async (counter, name, build, payload) => {
    const to = ['ann@example.com', 'bob@example.net'];
    await at.take(build({ to }));
    expect((await at.rows()).map(({ address }) => address).toSorted()).toEqual(to);
    expect(await at.counts()).toEqual({ [counter]: 2 });
    expect(await at.suppressed()).toEqual([]);
    const raised = await at.raised();
    expect(raised.map((event) => event.name)).toEqual([name, name]);
    expect(raised.map((event) => event.payload)).toEqual(
      to.map((address) => expect.objectContaining({ address, messageId: 'm-1', ...payload })),
    );
  });

  describe('what makes no sense', () => {
    it.each([
      ['an unknown type', { eventType: 'Resurrection', mail: mail() }, 'unknown'],
      ['a bounce without a bounce', { eventType: 'Bounce', mail: mail() }, 'bounce'],
      ['a bounce of nobody', bounce({ bounced: [] }), 'bounce'],
      [
        'a complaint with texts for objects',
        { eventType: 'Complaint', complaint: 'x', mail: 'y' },
        'complaint',
      ],
      ['a delivery with a number', { eventType: 'Delivery', delivery: 5, mail: mail() }, 'delivery'],
      ['an open without a time', { eventType: 'Open', open: {}, mail: mail() }, 'open'],
      ['a send of nothing', { eventType: 'Send', mail: null }, 'send'],
    ])('keeps %s as it came, and does nothing', async (_name, event, type) => {
      expect(await at.take(event)).toBe('stored');
      expect(await at.take(event)).toBe('repeated');
      expect(await at.rows()).toMatchObject([{ type, address: null, key: null, raw: JSON.stringify(event) }]);
      expect(await at.counts()).toEqual({});
      expect(await at.suppressed()).toEqual([]);
    });

    it('handles the recipients that can be read', async () => {
      const bounced = [
        null,
        { emailAddress: 5 },
        { emailAddress: 'not an address' },
        { emailAddress: 'bob@example.com' },
      ];
      await at.take(bounce({ bounced: bounced as object[] }));
      expect((await at.rows()).map(({ address, key }) => [address, key]).toSorted()).toEqual([
        ['bob@example.com', 'bob@example.com'],
        ['not an address', null],
      ]);
      expect(await at.suppressed()).toEqual(['bob@example.com * hard-bounce']);
    });

    it('cleans and cuts what a database can not hold', async () => {
      const nasty = `\u0000\ud800 ${'\u{1f600}'.repeat(300_000)}`;
      const event = bounce({
        messageId: `m\u0000${'x'.repeat(1_000)}`,
        feedbackId: `f\udc00${'y'.repeat(1_000)}`,
        diagnosticCode: nasty,
        subType: nasty,
        type: 'Permanent',
        status: `5.1.1${nasty}`,
        bounced: [
          { emailAddress: `${nasty}@example.com`, status: nasty, diagnosticCode: nasty },
          { emailAddress: 'bob@example.com', status: nasty, diagnosticCode: nasty },
        ],
      });
      expect(await at.take(event, 'a door with a name that is far too long to be kept')).toBe('stored');
      expect(await at.rows()).toHaveLength(2);
      expect(await at.suppressed()).toEqual(['bob@example.com * hard-bounce']);
      expect(await at.take(event)).toBe('repeated');
    });

    it('takes an event with more recipients than a statement can hold', async () => {
      const to = Array.from({ length: 600 }, (_, n) => `ann-${n}@example.com`);
      await at.take(bounce({ to }));
      expect(await at.counts()).toEqual({ hardBounces: 600 });
      expect(await at.suppressed()).toHaveLength(600);
    });

    it('ignores what is no SES event', async () => {
      const text = 'Successfully validated SNS topic for Amazon SES event publishing.';
      expect(await at.take(text)).toBe('ignored');
      expect(await at.take({ notificationType: 'AmazonSnsSubscriptionSucceeded' })).toBe('ignored');
      expect(await at.rows()).toEqual([]);
    });
  });
});
