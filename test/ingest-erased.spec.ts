import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SES_REPUTATION_ENTITIES } from '../libs/ses-reputation/src/entities.js';
import { SeenFeedback } from '../libs/ses-reputation/src/feedback/seen-feedback.entity.js';
import { databaseKinds } from './support/databases.js';
import { payloads, startIngest, type IngestHarness } from './support/ingest-harness.js';
import { bounce, delivery, mail, softBounce } from './support/ses-event-bodies.js';

const eraseKey = 'a secret of the tests';

describe.each(databaseKinds())('feedback about somebody who was erased on $name', (kind) => {
  let at: IngestHarness;
  let shop: Pick<IngestHarness, 'take' | 'suppression'>;
  beforeAll(async () => {
    at = await startIngest(kind);
    shop = at.withOptions({ suppression: { eraseKey } });
  });
  afterAll(() => at.stop());
  beforeEach(() => at.clear());

  const everything = async () => {
    const tables = SES_REPUTATION_ENTITIES.map((entity) => at.dataSource.getRepository(entity).find());
    return JSON.stringify(await Promise.all(tables)).toLowerCase();
  };

  it('keeps nothing of the address, and counts and tells as ever', async () => {
    await shop.suppression.erase('Ann@example.com');
    const bounced = [
      { emailAddress: 'Ann <ANN@example.com>', diagnosticCode: '<ann@example.com>: user unknown' },
      { emailAddress: 'bob@example.com', diagnosticCode: 'like ann@example.com: user unknown' },
    ];
    const event = bounce({ to: ['ann@example.com', 'bob@example.com'], bounced });
    expect(await shop.take(event)).toBe('stored');
    expect(await shop.take(event)).toBe('repeated');
    expect(await everything()).not.toContain('ann@example.com');
    const rows = await at.rows();
    expect(rows.map(({ address, key }) => [address, key])).toEqual(
      expect.arrayContaining([
        [null, expect.stringMatching(/^h:/)],
        ['bob@example.com', 'bob@example.com'],
      ]),
    );
    expect(JSON.parse(rows[0]!.raw)).toMatchObject({
      mail: { destination: ['[erased]', 'bob@example.com'] },
    });
    expect(await at.counts()).toEqual({ hardBounces: 2 });
    const told = payloads(await at.raised(), 'ses.bounce.hard').map(({ address }) => address);
    expect(told).toContain('Ann <ANN@example.com>');
    expect((await shop.suppression.check(['ann@example.com'])).size).toBe(1);
  });

  it('knows them among the recipients of mail that is about somebody else, in other spellings too', async () => {
    await shop.suppression.erase('ännchen@bücher.example');
    const event = bounce({ to: ['bob@example.com'] });
    await shop.take({
      ...event,
      mail: { ...mail(), destination: ['ÄNNCHEN@xn--bcher-kva.example', 'bob@example.com'] },
    });
    expect(await everything()).not.toMatch(/ännchen|nnchen/);
  });

  it('keeps no trace of soft bounces and deliveries either', async () => {
    await shop.suppression.erase('ann@example.com');
    for (const n of [1, 2, 3, 4, 5, 6]) await shop.take(softBounce({ messageId: `m-${n}`, sent: n }));
    await shop.take(softBounce({ messageId: 'm-1', sent: 1 }));
    await shop.take(delivery({ messageId: 'm-7' }));
    expect(await everything()).not.toContain('ann@example.com');
    expect(await at.counts()).toEqual({ softBounces: 6, deliveries: 1 });
    // One for each bounce, its fact, and the delivery: none by which runs are locked.
    expect(await at.dataSource.manager.count(SeenFeedback)).toBe(6 * 2 + 1);
  });

  it('leaves nothing of a run that began before', async () => {
    await shop.take(softBounce({ messageId: 'm-1' }));
    expect(await at.dataSource.manager.count(SeenFeedback)).toBe(3);
    await shop.suppression.erase('ann@example.com');
    // The bounce and its fact, which are known by ids that no address can be tried against.
    expect(await at.dataSource.manager.count(SeenFeedback)).toBe(2);
  });
});

describe.each(databaseKinds())('an event for more recipients than SES takes on $name', (kind) => {
  it('acts on all of them, and is kept whole for the first 50 only', async () => {
    const at = await startIngest(kind);
    const to = Array.from({ length: 120 }, (_, n) => `ann-${n}@example.com`);
    const event = bounce({ to });
    await at.take(event);
    const rows = await at.rows();
    expect(rows).toHaveLength(120);
    const lengths = rows.map(({ raw }) => raw.length).toSorted((a, b) => a - b);
    const whole = JSON.stringify(event).length;
    expect([lengths[0], lengths[69], lengths[70], lengths[119]]).toEqual([1_000, 1_000, whole, whole]);
    expect(await at.suppressed()).toHaveLength(120);
    expect(await at.counts()).toEqual({ hardBounces: 120 });
    const added = payloads(await at.raised(), 'ses.suppression.added');
    expect(new Set(added.map(({ messageId }) => messageId))).toEqual(new Set(['m-1']));
    await at.stop();
  });
});
