import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SuppressedAddress } from '../libs/ses-reputation/src/suppression/suppressed-address.entity.js';
import type { SuppressionItem } from '../libs/ses-reputation/src/suppression/suppression-options.js';
import type { ListOptions } from '../libs/ses-reputation/src/suppression/suppression-options.js';
import { databaseKinds } from './support/databases.js';
import { startSuppression, type SuppressionHarness } from './support/suppression-harness.js';

const HOUR_MS = 3_600_000;

const addresses = (items: SuppressionItem[]) => items.map(({ address }) => address).toSorted();

describe.each(databaseKinds())('the suppression list on $name', (kind) => {
  let list: SuppressionHarness;
  beforeAll(async () => {
    list = await startSuppression(kind);
  });
  beforeEach(() => list.clear());
  afterAll(() => list.stop());

  const found = async (search: string) => addresses((await list.suppression.list({ search })).items);

  describe('release', () => {
    it('lets an address be mailed again, in any spelling, and tells who did it', async () => {
      await list.suppression.suppress('ann@example.com', { reason: 'hard-bounce' });
      await list.raised();
      expect(await list.suppression.release('Ann <ANN@example.com>', { note: 'asked', actor: 'Bob' })).toBe(
        true,
      );
      expect(await list.suppression.isSuppressed('ann@example.com')).toBe(false);
      expect(await list.raised()).toMatchObject([
        {
          name: 'ses.suppression.removed',
          payload: { address: 'ANN@example.com', scope: '*', actor: 'Bob' },
        },
      ]);
      expect(await list.suppression.history('ann@example.com')).toEqual([
        {
          at: new Date(list.clock.nowMs),
          action: 'added',
          scope: '*',
          reason: 'hard-bounce',
          address: 'ann@example.com',
          note: null,
          actor: null,
        },
        expect.objectContaining({ action: 'released', scope: '*', note: 'asked', actor: 'Bob' }),
      ]);
    });

    it('says no, and nothing else, where nothing was suppressed', async () => {
      expect(await list.suppression.release('ann@example.com')).toBe(false);
      await list.suppression.suppress('ann@example.com', { reason: 'manual', scope: 'newsletter' });
      await list.raised();
      expect(await list.suppression.release('ann@example.com', { scope: '*' })).toBe(false);
      expect(await list.suppression.history('ann@example.com')).toHaveLength(1);
      expect(await list.raised()).toEqual([]);
    });

    it('releases one scope, or all of them', async () => {
      const { suppression } = list;
      for (const scope of ['*', 'newsletter', 'transactional']) {
        await suppression.suppress('ann@example.com', { reason: 'manual', scope });
      }
      expect(await suppression.release('ann@example.com', { scope: 'newsletter' })).toBe(true);
      expect((await suppression.list()).items.map(({ scope }) => scope)).toEqual(['*', 'transactional']);
      await list.raised();
      expect(await suppression.release('ann@example.com')).toBe(true);
      expect((await list.raised()).map(({ payload }) => (payload as { scope?: string }).scope)).toEqual([
        '*',
        'transactional',
      ]);
      expect((await suppression.list()).items).toEqual([]);
    });

    it('remembers the latest release of each scope, for feedback that comes late', async () => {
      const { suppression, ledger, store, clock } = list;
      const releases = () => ledger.releases(store.manager, ['ann@example.com', 'bob@example.com']);
      expect(await releases()).toEqual([]);
      for (const scope of ['*', '*', 'newsletter']) {
        await suppression.suppress('ann@example.com', { reason: 'manual', scope });
        clock.nowMs += HOUR_MS;
        await suppression.release('ann@example.com', { scope });
      }
      expect(await releases()).toEqual([
        { key: 'ann@example.com', scope: '*', at: new Date(clock.nowMs - HOUR_MS) },
        { key: 'ann@example.com', scope: 'newsletter', at: new Date(clock.nowMs) },
      ]);
    });

    it('remembers a release of everything as one of every stream', async () => {
      await list.suppression.suppress('ann@example.com', { reason: 'unsubscribe', scope: 'newsletter' });
      await list.suppression.release('ann@example.com');
      const releases = await list.ledger.releases(list.store.manager, ['ann@example.com']);
      expect(releases.map(({ scope }) => scope).toSorted()).toEqual(['*', 'newsletter']);
    });

    it('finds nothing to release in what has expired', async () => {
      const expiresAt = new Date(list.clock.nowMs + HOUR_MS);
      await list.suppression.suppress('ann@example.com', { reason: 'manual', expiresAt });
      list.clock.nowMs += HOUR_MS;
      expect(await list.suppression.release('ann@example.com')).toBe(false);
      expect((await list.suppression.history('ann@example.com')).map(({ action }) => action)).toEqual([
        'added',
        'expired',
      ]);
      expect(await list.dataSource.manager.count(SuppressedAddress)).toBe(0);
    });

    it('happens once when several do it at the same time', async () => {
      await list.suppression.suppress('ann@example.com', { reason: 'manual' });
      await list.raised();
      const done = await Promise.all(
        Array.from({ length: 6 }, () => list.suppression.release('ann@example.com')),
      );
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await list.raised()).toHaveLength(1);
    });
  });

  describe('list', () => {
    it('goes through all pages, whatever is added meanwhile, and gives each once', async () => {
      const names = Array.from({ length: 25 }, (_, i) => `a${i}@example.com`);
      await list.suppression.import(names);
      await list.suppression.suppress('a7@example.com', { reason: 'complaint', scope: 'newsletter' });
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await list.suppression.list({ cursor, limit: 4 });
        expect(page.items.length).toBeLessThanOrEqual(4);
        seen.push(...page.items.map(({ address, scope }) => `${address} ${scope}`));
        cursor = page.next;
        await list.suppression.suppress('a0a@example.com', { reason: 'manual' });
      } while (cursor !== null);
      expect(new Set(seen).size).toBe(seen.length);
      for (const name of names) expect(seen).toContain(`${name} *`);
      expect(seen).toContain('a7@example.com newsletter');
    });

    it('parts the scopes of one address between pages', async () => {
      for (const scope of ['*', 'newsletter', 'transactional']) {
        await list.suppression.suppress('a@example.com', { reason: 'manual', scope });
      }
      const scopes: string[] = [];
      for (let cursor: string | null = null, end = false; !end; end = cursor === null) {
        const page = await list.suppression.list({ cursor, limit: 1 });
        scopes.push(...page.items.map(({ scope }) => scope));
        cursor = page.next;
      }
      expect(scopes).toEqual(['*', 'newsletter', 'transactional']);
    });

    it('has no next page after a full last one', async () => {
      await list.suppression.import(['a@example.com', 'b@example.com']);
      const first = await list.suppression.list({ limit: 1 });
      expect(first.next).not.toBeNull();
      expect((await list.suppression.list({ limit: 1, cursor: first.next })).next).toBeNull();
    });

    it('shows what it has of each, and nothing that has expired', async () => {
      const expiresAt = new Date(list.clock.nowMs + HOUR_MS);
      await list.suppression.suppress('Ann@example.com', { reason: 'manual', expiresAt, note: 'holiday' });
      expect((await list.suppression.list()).items).toEqual([
        {
          address: 'Ann@example.com',
          reason: 'manual',
          scope: '*',
          since: new Date(list.clock.nowMs),
          expiresAt,
          note: 'holiday',
        },
      ]);
      list.clock.nowMs += HOUR_MS;
      expect((await list.suppression.list()).items).toEqual([]);
    });

    it('filters by reason and scope', async () => {
      const { suppression } = list;
      await suppression.suppress('a@example.com', { reason: 'complaint' });
      await suppression.suppress('b@example.com', { reason: 'unsubscribe', scope: 'newsletter' });
      expect(addresses((await suppression.list({ reason: 'complaint' })).items)).toEqual(['a@example.com']);
      expect(addresses((await suppression.list({ scope: 'newsletter' })).items)).toEqual(['b@example.com']);
      expect(addresses((await suppression.list({ scope: '*', reason: 'unsubscribe' })).items)).toEqual([]);
      expect((await suppression.list({ scope: 'stream-of-last-year' })).items).toEqual([]);
    });

    it('searches part of an address, in any case, with wildcards taken for what they are', async () => {
      await list.suppression.import([
        'Ann_B@Example.com',
        'annxb@example.com',
        '100%@example.org',
        'Émile@example.org',
        'emile@exämple.org',
        '"a\\\\b!"@example.net',
      ]);
      expect(await found('ANN')).toEqual(['Ann_B@Example.com', 'annxb@example.com']);
      expect(await found('n_b')).toEqual(['Ann_B@Example.com']);
      expect(await found('%')).toEqual(['100%@example.org']);
      expect(await found('!')).toEqual(['"a\\\\b!"@example.net']);
      expect(await found('\\')).toContain('"a\\\\b!"@example.net');
      expect(await found('éMI')).toEqual(['Émile@example.org']);
      expect(await found('emile')).toEqual(['emile@exämple.org']);
      expect(await found('EXÄMPLE')).toEqual(['emile@exämple.org']);
      expect(await found('Ann <annXb@example.com.>')).toEqual(['annxb@example.com']);
      expect(await found("' OR 1=1 --")).toEqual([]);
      expect(await found('\u0000')).toEqual([]);
      expect(await found(' ')).toHaveLength(6);
    });

    it.each([
      [{ cursor: 'nonsense' }, 'SES_INVALID_PAGE'],
      [{ cursor: '' }, 'SES_INVALID_PAGE'],
      [{ limt: 1 }, 'SES_UNKNOWN_OPTION'],
      [{ search: 'x'.repeat(321) }, 'SES_INVALID_PAGE'],
      [{ search: null }, 'SES_INVALID_PAGE'],
      [{ scope: null }, 'SES_UNKNOWN_SCOPE'],
      [{ scope: ['*'] }, 'SES_UNKNOWN_SCOPE'],
      [{ limit: Object.create(null) }, 'SES_INVALID_PAGE'],
      [{ limit: 0 }, 'SES_INVALID_PAGE'],
      [{ limit: 1_001 }, 'SES_INVALID_PAGE'],
      [{ limit: 1.5 }, 'SES_INVALID_PAGE'],
      [{ reason: 'spam' as 'manual' }, 'SES_UNKNOWN_REASON'],
      [{ scope: 'a\u0000' }, 'SES_UNKNOWN_SCOPE'],
    ])('refuses %j', async (options, code) => {
      await expect(list.suppression.list(options as ListOptions)).rejects.toMatchObject({ code });
    });
  });

  it('tells of a database that can not be read', async () => {
    const broken = await startSuppression(kind);
    await broken.dataSource.query('drop table ses_suppressed_address');
    const unavailable = { code: 'SES_STORE_UNAVAILABLE', cause: expect.anything() };
    await expect(broken.suppression.isSuppressed('a@example.com')).rejects.toMatchObject(unavailable);
    await expect(broken.suppression.list()).rejects.toMatchObject(unavailable);
    await expect(broken.suppression.release('a@example.com')).rejects.toMatchObject(unavailable);
    await broken.stop();
  });
});
