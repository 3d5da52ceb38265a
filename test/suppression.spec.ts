import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SuppressedAddress } from '../libs/ses-reputation/src/suppression/suppressed-address.entity.js';
import { SuppressionHistory } from '../libs/ses-reputation/src/suppression/suppression-history.entity.js';
import { SUPPRESSION_REASONS } from '../libs/ses-reputation/src/suppression/suppression-reason.js';
import { databaseKinds } from './support/databases.js';
import { startSuppression, type SuppressionHarness } from './support/suppression-harness.js';

const HOUR_MS = 3_600_000;

describe.each(databaseKinds())('suppression on $name', (kind) => {
  let list: SuppressionHarness;
  beforeAll(async () => {
    list = await startSuppression(kind);
  });
  beforeEach(() => list.clear());
  afterAll(() => list.stop());

  const row = async () => (await list.dataSource.manager.find(SuppressedAddress))[0]!;
  const actions = async () =>
    (await list.dataSource.manager.find(SuppressionHistory, { order: { id: 'ASC' } })).map((h) => h.action);

  it('finds an address in every spelling of the same mailbox, by the spelling that was asked', async () => {
    await list.suppression.suppress('Ann <Ann@Example.com>', { reason: 'manual' });
    const spellings = [
      'ann@example.com',
      '"ANN"@EXAMPLE.COM.',
      'ann(at work)@example.com',
      'x <ann@example.com>',
    ];
    const others = ['ann+shop@example.com', 'a.nn@example.com', 'ann@mail.example.com', 'no address', ''];
    const found = await list.suppression.check([...spellings, ...others]);
    expect([...found.keys()]).toEqual(spellings);
    expect(found.get('"ANN"@EXAMPLE.COM.')).toEqual({
      reason: 'manual',
      scope: '*',
      since: new Date(list.clock.nowMs),
    });
    expect((await row()).address).toBe('Ann@example.com');
  });

  it('holds the suppression of one stream for that stream alone', async () => {
    await list.suppression.suppress('ann@example.com', { reason: 'unsubscribe', scope: 'newsletter' });
    expect(await list.suppression.isSuppressed('ann@example.com')).toBe(false);
    expect(await list.suppression.isSuppressed('ann@example.com', { stream: 'transactional' })).toBe(false);
    expect(await list.suppression.isSuppressed('ann@example.com', { stream: 'newsletter' })).toBe(true);
  });

  it('keeps the rows of an address in several scopes apart, and tells of the strongest that holds', async () => {
    await list.suppression.suppress('ann@example.com', { reason: 'hard-bounce' });
    await list.suppression.suppress('ann@example.com', { reason: 'unsubscribe', scope: 'newsletter' });
    const check = async (stream?: string) =>
      (await list.suppression.check(['ann@example.com'], { stream })).get('ann@example.com');
    expect(await check('newsletter')).toMatchObject({ reason: 'unsubscribe', scope: 'newsletter' });
    expect(await check('transactional')).toMatchObject({ reason: 'hard-bounce', scope: '*' });
    expect(await check()).toMatchObject({ reason: 'hard-bounce', scope: '*' });
  });

  it('raises an event for what is new, and none for what was there', async () => {
    await list.suppression.suppress('ann@example.com', { reason: 'hard-bounce' });
    expect(await list.raised()).toEqual([
      {
        name: 'ses.suppression.added',
        payload: {
          id: expect.any(String),
          at: new Date(list.clock.nowMs),
          address: 'ann@example.com',
          reason: 'hard-bounce',
          scope: '*',
          stream: null,
          messageId: null,
        },
      },
    ]);
    await list.suppression.suppress('ann@example.com', { reason: 'hard-bounce' });
    await list.suppression.suppress('ann@example.com', { reason: 'soft-bounces' });
    expect(await list.raised()).toEqual([]);
    expect(await actions()).toEqual(['added']);
  });

  it('tells of an opt-out with the streams it holds for, also where a bounce came before it', async () => {
    await list.suppression.suppress('ann@example.com', { reason: 'unsubscribe', scope: 'newsletter' });
    expect(await list.raised()).toMatchObject([
      { name: 'ses.suppression.added' },
      {
        name: 'ses.unsubscribe',
        payload: { address: 'ann@example.com', stream: 'newsletter', streams: ['newsletter'] },
      },
    ]);
    await list.suppression.suppress('bob@example.com', { reason: 'hard-bounce' });
    await list.raised();
    await list.suppression.suppress('bob@example.com', { reason: 'unsubscribe' });
    expect(await list.raised()).toMatchObject([
      {
        name: 'ses.unsubscribe',
        payload: { address: 'bob@example.com', stream: null, streams: ['transactional', 'newsletter'] },
      },
    ]);
  });

  it('tells which mail a suppression from feedback is about, and of several streams at once', async () => {
    const entry = (scope: string) => ({
      key: 'ann@example.com',
      address: 'ann@example.com',
      scope,
      reason: 'unsubscribe' as const,
      since: new Date(list.clock.nowMs),
      messageId: 'm1',
      eventId: `e-${scope}`,
    });
    const events = await list.store.transaction((tx) =>
      list.ledger.add(tx, [entry('newsletter'), entry('transactional')]),
    );
    expect(events).toMatchObject([
      { name: 'ses.suppression.added', payload: { stream: 'newsletter', messageId: 'm1' } },
      { name: 'ses.suppression.added', payload: { stream: 'transactional', messageId: 'm1' } },
      { name: 'ses.unsubscribe', payload: { stream: null, streams: ['newsletter', 'transactional'] } },
    ]);
  });

  it('tells once of an opt-out that is made longer', async () => {
    const until = (hours: number) => new Date(list.clock.nowMs + hours * HOUR_MS);
    await list.suppression.suppress('ann@example.com', { reason: 'unsubscribe', expiresAt: until(1) });
    await list.raised();
    await list.suppression.suppress('ann@example.com', { reason: 'unsubscribe', expiresAt: until(2) });
    expect(await row()).toMatchObject({ expiresAt: until(2) });
    expect(await list.raised()).toEqual([]);
    expect(await actions()).toEqual(['added', 'changed']);
  });

  it('strengthens a suppression, keeps its beginning, and never weakens it', async () => {
    await list.suppression.suppress('ann@example.com', { reason: 'soft-bounces' });
    const since = new Date(list.clock.nowMs);
    list.clock.nowMs += HOUR_MS;
    await list.suppression.suppress('ann@example.com', { reason: 'complaint', note: 'abuse' });
    await list.suppression.suppress('ann@example.com', { reason: 'hard-bounce', note: 'gone' });
    expect(await row()).toMatchObject({ reason: 'complaint', since, note: 'abuse' });
    expect(await actions()).toEqual(['added', 'changed']);
  });

  it('lets a temporary suppression end, and begins anew after it', async () => {
    const expiresAt = new Date(list.clock.nowMs + HOUR_MS);
    await list.suppression.suppress('ann@example.com', { reason: 'complaint', expiresAt });
    expect(await list.suppression.isSuppressed('ann@example.com')).toBe(true);
    list.clock.nowMs += HOUR_MS;
    expect(await list.suppression.isSuppressed('ann@example.com')).toBe(false);
    await list.raised();
    await list.suppression.suppress('ann@example.com', { reason: 'soft-bounces' });
    expect(await row()).toMatchObject({
      reason: 'soft-bounces',
      since: new Date(list.clock.nowMs),
      expiresAt: null,
    });
    expect(await actions()).toEqual(['added', 'expired', 'added']);
    expect(await list.raised()).toHaveLength(1);
  });

  it('makes one row of what many instances add at once, with the strongest reason', async () => {
    const one = list.suppression;
    const two = list.instance();
    const reasons = [...SUPPRESSION_REASONS, ...SUPPRESSION_REASONS].toReversed();
    await Promise.all(
      reasons.map((reason, i) => (i % 2 ? one : two).suppress('ann@example.com', { reason })),
    );
    expect(await list.dataSource.manager.count(SuppressedAddress)).toBe(1);
    expect((await row()).reason).toBe('complaint');
    expect((await list.raised()).filter(({ name }) => name === 'ses.suppression.added')).toHaveLength(1);
  });

  it('strengthens a row that many change at once', async () => {
    await list.suppression.suppress('ann@example.com', { reason: 'soft-bounces' });
    await Promise.all(
      SUPPRESSION_REASONS.map((reason) => list.suppression.suppress('ann@example.com', { reason })),
    );
    expect((await row()).reason).toBe('complaint');
  });

  it('looks up more addresses than one statement takes', async () => {
    await list.suppression.suppress('a1999@example.com', { reason: 'manual' });
    const many = Array.from({ length: 2_000 }, (_, i) => `a${i}@example.com`);
    expect([...(await list.suppression.check(many)).keys()]).toEqual(['a1999@example.com']);
  });

  it('takes notes that a database could not hold', async () => {
    const note = `a\u0000b\ud800c${'x'.repeat(2_000)}`;
    await list.suppression.suppress('ann@example.com', { reason: 'manual', note, actor: 'Ann' });
    expect((await row()).note).toBe(`a\ufffdb\ufffdc${'x'.repeat(995)}`);
  });

  it('holds an address of the longest kind', async () => {
    const longest = `${'\u6f22'.repeat(64)}@${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(60)}.${'g'.repeat(60)}.com`;
    await list.suppression.suppress(longest, { reason: 'manual' });
    expect(await list.suppression.isSuppressed(longest)).toBe(true);
    expect(await list.suppression.isSuppressed(longest.replace('\u6f22', '\u5b57'))).toBe(false);
  });

  it('refuses what makes no sense with an error that says what would', async () => {
    const { suppression, clock } = list;
    const refused = (options: object, address = 'ann@example.com') =>
      suppression.suppress(address, { reason: 'manual', ...options });
    await expect(refused({}, 'ann')).rejects.toMatchObject({ code: 'SES_INVALID_ADDRESS' });
    await expect(refused({ reason: 'spam' })).rejects.toMatchObject({ code: 'SES_UNKNOWN_REASON' });
    await expect(refused({ scope: 'news' })).rejects.toMatchObject({ code: 'SES_UNKNOWN_SCOPE' });
    await expect(refused({ expirsAt: new Date(clock.nowMs + 1) })).rejects.toMatchObject({
      code: 'SES_UNKNOWN_OPTION',
    });
    await expect(suppression.suppress('ann@example.com', undefined as never)).rejects.toMatchObject({
      code: 'SES_UNKNOWN_REASON',
    });
    await expect(suppression.release('ann@example.com', { scop: '*' } as object)).rejects.toMatchObject({
      code: 'SES_UNKNOWN_OPTION',
    });
    await expect(refused({ scope: 'toString' })).rejects.toMatchObject({ code: 'SES_UNKNOWN_SCOPE' });
    await expect(refused({ expiresAt: new Date(NaN) })).rejects.toMatchObject({ code: 'SES_INVALID_TIME' });
    await expect(refused({ expiresAt: new Date(clock.nowMs) })).rejects.toMatchObject({
      code: 'SES_INVALID_TIME',
    });
    await expect(suppression.check([], { stream: 'news' })).rejects.toMatchObject({
      code: 'SES_UNKNOWN_SCOPE',
    });
    expect(await list.dataSource.manager.count(SuppressedAddress)).toBe(0);
  });
});
