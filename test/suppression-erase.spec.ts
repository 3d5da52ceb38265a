import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AccountListEntry } from '../libs/ses-reputation/src/account-list/account-list-entry.entity.js';
import { entryId } from '../libs/ses-reputation/src/account-list/mirror.js';
import { SES_REPUTATION_ENTITIES } from '../libs/ses-reputation/src/entities.js';
import { OutboxEvent } from '../libs/ses-reputation/src/events/outbox-event.entity.js';
import { FeedbackEvent } from '../libs/ses-reputation/src/feedback/feedback-event.entity.js';
import { meaningId } from '../libs/ses-reputation/src/feedback/meaning-id.js';
import { SeenFeedback } from '../libs/ses-reputation/src/feedback/seen-feedback.entity.js';
import { IdempotentSend } from '../libs/ses-reputation/src/mailer/idempotent-send.entity.js';
import { SuppressedAddress } from '../libs/ses-reputation/src/suppression/suppressed-address.entity.js';
import { databaseKinds } from './support/databases.js';
import { startIngest, type IngestHarness } from './support/ingest-harness.js';
import { delivery, softBounce } from './support/ses-event-bodies.js';
import { startSuppression, type SuppressionHarness } from './support/suppression-harness.js';

const eraseKey = 'a secret of the tests';

const feedback = (id: string, values: Partial<FeedbackEvent>): FeedbackEvent => ({
  id,
  type: 'bounce',
  category: 'hard',
  address: null,
  key: null,
  messageId: 'm1',
  feedbackId: 'f1',
  stream: 'newsletter',
  at: new Date(0),
  sentAt: new Date(0),
  receivedAt: new Date(0),
  source: 'http',
  subType: null,
  status: '5.1.1',
  diagnostic: null,
  raw: '{}',
  ...values,
});

const storedEvent = (id: string, key: string | null, state: 'pending' | 'dead', diagnostic: string) => ({
  id,
  app: 'another',
  name: 'ses.bounce.hard',
  key,
  payload: JSON.stringify({ id, at: { $date: 5 }, address: key, diagnostic }),
  state,
  attempts: 3,
  dueAt: new Date(0),
  storedAt: new Date(0),
  error: diagnostic,
});

const listed = (address: string, key: string, replaced: string | null = null): AccountListEntry => ({
  id: entryId(address),
  address,
  key,
  reason: 'BOUNCE',
  listedAt: new Date(0),
  run: 1,
  state: 'listed',
  replaced,
});

describe.each(databaseKinds())('erase on $name', (kind) => {
  let list: SuppressionHarness;
  beforeAll(async () => {
    list = await startSuppression(kind, { eraseKey });
  });
  beforeEach(() => list.clear());
  afterAll(() => list.stop());

  const everything = async () => {
    const tables = SES_REPUTATION_ENTITIES.map((entity) => list.dataSource.getRepository(entity).find());
    return JSON.stringify(await Promise.all(tables)).toLowerCase();
  };

  it('removes every trace from every table, leaves the others, and keeps the address suppressed', async () => {
    const { suppression, dataSource, clock } = list;
    await suppression.suppress('Ann@Example.com', { reason: 'complaint', note: 'Ann@example.com wrote' });
    const since = new Date(clock.nowMs);
    clock.nowMs += 1_000;
    await suppression.suppress('ann@example.com', { reason: 'unsubscribe', scope: 'newsletter' });
    await suppression.suppress('joann@example.com', {
      reason: 'manual',
      note: 'said ANN@EXAMPLE.COM',
      actor: 'ann@example.com',
    });
    const raw = '{"destination":["Ann <ann@example.com>","joann@example.com"],"reply":"\\nann@example.com"}';
    await dataSource.manager.insert(FeedbackEvent, [
      feedback('own', { address: 'Ann@example.com', key: 'ann@example.com' }),
      feedback('other', {
        address: 'joann@example.com',
        key: 'joann@example.com',
        raw,
        diagnostic: 'like Ann@example.com',
      }),
      feedback('unread', { address: 'to ann@example.com, Bob' }),
    ]);
    await dataSource.manager.insert(SeenFeedback, [
      { id: 'own', key: 'ann@example.com', sentAt: null, seenAt: new Date(0) },
      { id: 'turns of its soft bounces', key: 'ann@example.com', sentAt: null, seenAt: new Date(0) },
      { id: 'other', key: 'joann@example.com', sentAt: null, seenAt: new Date(0) },
    ]);
    await dataSource.manager.insert(AccountListEntry, [
      listed('Ann@example.com', 'ann@example.com'),
      listed('ANN@example.com', 'ann@example.com'),
      listed('to ann@example.com', ''),
      listed('joann@example.com', 'joann@example.com', '{"note":"like Ann@example.com"}'),
    ]);
    await dataSource.manager.insert(IdempotentSend, {
      id: 'send',
      state: 'done',
      receipt: '{"accepted":["ann@example.com","joann@example.com"]}',
      expiresAt: new Date(0),
    });

    await suppression.erase('ANN@example.com');

    expect((await everything()).replaceAll('joann@example.com', '')).not.toContain('ann@example.com');
    expect(await dataSource.manager.findBy(FeedbackEvent, {})).toEqual([
      feedback('other', {
        address: 'joann@example.com',
        key: 'joann@example.com',
        raw: '{"destination":["Ann <[erased]>","joann@example.com"],"reply":"\\n[erased]"}',
        diagnostic: 'like [erased]',
      }),
      feedback('unread', { address: 'to [erased], Bob' }),
    ]);
    expect((await dataSource.manager.findBy(SeenFeedback, {})).map(({ id }) => id)).toEqual(['other']);
    expect((await dataSource.manager.findOneByOrFail(IdempotentSend, {})).receipt).toBe(
      '{"accepted":["[erased]","joann@example.com"]}',
    );

    const mirror = await dataSource.manager.find(AccountListEntry, { order: { key: 'ASC' } });
    expect(mirror.map(({ address, replaced }) => [address, replaced])).toEqual([
      ['to [erased]', null],
      ['joann@example.com', '{"note":"like [erased]"}'],
    ]);

    const asked = await suppression.check(['ann@EXAMPLE.com', 'joann@example.com']);
    expect(asked.get('ann@EXAMPLE.com')).toEqual({ reason: 'complaint', scope: '*', since });
    expect(asked.size).toBe(2);
    expect(await suppression.isSuppressed('ann@example.com', { stream: 'transactional' })).toBe(true);
    expect((await suppression.list({ reason: 'complaint' })).items).toEqual([
      { address: '', reason: 'complaint', scope: '*', since, expiresAt: null, note: null },
    ]);
    expect((await suppression.list({ search: 'h:' })).items).toEqual([]);
    expect(await suppression.history('ann@example.com')).toEqual([
      expect.objectContaining({ action: 'erased', address: '', note: null, actor: null }),
    ]);
  });

  it('removes events that are stored, those given up too, and the address from those of others', async () => {
    const { suppression, dataSource } = list;
    await list.raised();
    await dataSource.manager.insert(OutboxEvent, [
      storedEvent('waiting', 'ann@example.com', 'pending', ''),
      storedEvent('given up', 'ann@example.com', 'dead', ''),
      storedEvent('of another', 'bob@example.com', 'dead', 'like Ann@example.com'),
    ]);
    await suppression.erase('ann@example.com');
    expect(await everything()).not.toContain('ann@example.com');
    const [left, ...more] = await dataSource.manager.find(OutboxEvent);
    expect(more).toEqual([]);
    expect(left).toMatchObject({ id: 'of another', key: 'bob@example.com', error: 'like [erased]' });
    expect(JSON.parse(left!.payload)).toMatchObject({ diagnostic: 'like [erased]', at: { $date: 5 } });
  });

  it('searches more rows than a page', async () => {
    const rows = Array.from({ length: 250 }, (_, i) =>
      feedback(`id${i}`, { raw: i % 3 ? 'hannah@example.com' : 'ann@example.com' }),
    );
    await list.dataSource.manager.insert(FeedbackEvent, rows);
    const noted = Array.from({ length: 230 }, (_, i) => `b${i}@example.com`);
    await list.suppression.import(noted.map((address) => ({ address, note: 'as ann@example.com' })));
    await list.suppression.erase('ann@example.com');
    const raws = (await list.dataSource.manager.find(FeedbackEvent)).map((row) => row.raw);
    expect(raws.filter((raw) => raw === '[erased]')).toHaveLength(84);
    expect(raws.filter((raw) => raw === 'hannah@example.com')).toHaveLength(166);
    expect(await everything()).not.toMatch(/[^h]ann@example/);
  });

  it('lets the application go on between rows, whatever strangers have put into them', async () => {
    const raw = `{"subject":"ann ${'\\'.repeat(56_000)}"}`;
    const rows = Array.from({ length: 3 }, (_, i) =>
      feedback(`id${i}`, { raw: i ? raw : `${raw} ann@example.com` }),
    );
    await list.dataSource.manager.insert(FeedbackEvent, rows);
    let turns = 0;
    const turn = () => {
      turns++;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    await list.suppression.erase('ann@example.com');
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(3);
    const raws = (await list.dataSource.manager.find(FeedbackEvent, { order: { id: 'ASC' } })).map(
      (row) => row.raw,
    );
    expect(raws).toEqual([`${raw} [erased]`, raw, raw]);
  });

  it('does not write the address down again when feedback names it again', async () => {
    await list.suppression.erase('ann@example.com');
    await list.raised();
    await list.suppression.suppress('Ann@example.com', {
      reason: 'complaint',
      note: 'ann@example.com complained',
      actor: 'ann@example.com',
    });
    expect(await list.raised()).toEqual([]);
    await list.suppression.suppress('Ann@example.com', { reason: 'unsubscribe', scope: 'newsletter' });
    expect(await list.dataSource.manager.count(OutboxEvent)).toBe(0);
    expect(await list.raised()).toMatchObject([
      { name: 'ses.suppression.added', payload: { address: 'Ann@example.com', scope: 'newsletter' } },
      { name: 'ses.unsubscribe' },
    ]);
    expect(await everything()).not.toContain('ann@example.com');
    expect((await list.suppression.check(['ann@example.com'])).get('ann@example.com')?.reason).toBe(
      'complaint',
    );
  });

  it('suppresses what was not suppressed, or for a while only, and tells of it', async () => {
    await list.suppression.erase('ann@example.com');
    expect(await list.raised()).toMatchObject([
      { name: 'ses.suppression.added', payload: { reason: 'manual' } },
    ]);
    const expiresAt = new Date(list.clock.nowMs + 1);
    await list.suppression.suppress('bob@example.com', { reason: 'hard-bounce', expiresAt });
    await list.raised();
    await list.suppression.erase('bob@example.com');
    expect(await list.raised()).toEqual([]);
    list.clock.nowMs += 10;
    expect(await list.suppression.isSuppressed('bob@example.com')).toBe(true);
  });

  it('can be done again, and undone by a release', async () => {
    await list.suppression.suppress('ann@example.com', { reason: 'complaint' });
    await list.suppression.erase('ann@example.com');
    await list.suppression.erase('ann@example.com');
    expect(await list.dataSource.manager.count(SuppressedAddress)).toBe(1);
    expect((await list.suppression.list()).items).toMatchObject([{ reason: 'complaint' }]);

    expect(await list.suppression.release('ann@example.com', { note: 'ann@example.com asked' })).toBe(true);
    expect(await list.suppression.isSuppressed('ann@example.com')).toBe(false);
    expect(await everything()).not.toContain('ann@example.com');
    const releases = await list.ledger.releases(list.store.manager, ['ann@example.com']);
    expect(releases).toEqual([{ key: 'ann@example.com', scope: '*', at: new Date(list.clock.nowMs) }]);
  });

  it('knows which keys were erased, and what stands for them', async () => {
    await list.suppression.suppress('bob@example.com', { reason: 'manual' });
    await list.suppression.erase('Ann@example.com');
    const [row] = await list.dataSource.manager.findBy(SuppressedAddress, { address: '' });
    const keys = ['bob@example.com', 'ann@example.com', 'ann@example.com', 'cleo@example.com'];
    expect([...(await list.ledger.erased(list.store.manager, keys))]).toEqual([
      ['ann@example.com', row!.key],
    ]);
    expect(row!.key).toMatch(/^h:[0-9a-f]{64}$/);
    await list.suppression.release('ann@example.com');
    expect((await list.ledger.erased(list.store.manager, keys)).size).toBe(0);
  });

  it('stays unread without the secret', async () => {
    await list.suppression.erase('ann@example.com');
    const other = list.instance({ eraseKey: 'another secret of tests' });
    expect(await other.isSuppressed('ann@example.com')).toBe(false);
  });

  it('asks for the option it needs before it does anything', async () => {
    const without = list.instance({});
    await without.suppress('ann@example.com', { reason: 'manual' });
    await expect(without.erase('ann@example.com')).rejects.toMatchObject({
      code: 'SES_ERASE_KEY_MISSING',
      message: expect.stringContaining('suppression.eraseKey'),
    });
    await expect(without.erase('nobody')).rejects.toMatchObject({ code: 'SES_INVALID_ADDRESS' });
    expect((await list.suppression.list()).items).toMatchObject([{ address: 'ann@example.com' }]);
  });
});

describe.each(databaseKinds())('erase after feedback on $name', (kind) => {
  let feedbackIn: IngestHarness;
  beforeAll(async () => {
    feedbackIn = await startIngest(kind);
  });
  afterAll(() => feedbackIn.stop());

  it('leaves no row that is about the address, not even one that only counts', async () => {
    const { take, suppression } = feedbackIn.withOptions({ suppression: { eraseKey } });
    await take(softBounce());
    await take(delivery());
    const seen = feedbackIn.dataSource.getRepository(SeenFeedback);
    const lock = meaningId('soft-run', 'ann@example.com');
    expect(await seen.existsBy({ id: lock })).toBe(true);
    await suppression.erase('ann@example.com');
    expect(await seen.existsBy({ id: lock })).toBe(false);
    expect(await feedbackIn.rows()).toEqual([]);
  });
});
