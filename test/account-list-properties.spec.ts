import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressKey } from '../libs/ses-reputation/src/address/address-key.js';
import { SUPPRESSION_REASONS } from '../libs/ses-reputation/src/suppression/suppression-reason.js';
import { type AccountListInstance, AccountListScene, AmazonsList, DAY } from './support/account-list.js';
import { databaseKinds } from './support/databases.js';
import type { StoppedClock } from './support/suppression-harness.js';

const SPELLINGS = [
  'ann@example.com',
  'Ann@Example.com',
  'bob@example.com',
  'b.ob@example.com',
  'bob+x@example.com',
];

const spelling = fc.constantFrom(...SPELLINGS);
const reason = fc.constantFrom(...SUPPRESSION_REASONS.filter((one) => one !== 'account-list'));
const change = fc.oneof(
  fc.record({
    at: fc.constant('amazon' as const),
    spelling,
    as: fc.constantFrom('BOUNCE', 'COMPLAINT', null),
  }),
  fc.record({ at: fc.constant('here' as const), spelling, as: fc.option(reason) }),
  // A sync that may be cut short after some progress.
  fc.record({ at: fc.constant('sync' as const), after: fc.option(fc.nat(4)) }),
);

describe.each(databaseKinds())('whatever happens on both sides, on $name', (kind) => {
  let scene: AccountListScene;
  let list: AccountListInstance;
  let amazon: AmazonsList;
  let clock: StoppedClock;

  beforeAll(async () => {
    scene = await AccountListScene.open(kind, {});
    ({ amazon, clock } = scene);
    list = scene.instances[0]!;
  });
  afterAll(() => scene?.close());

  async function syncUntil(after: number | null): Promise<void> {
    const ended = new AbortController();
    let progress = 0;
    await list.sync.sync({
      signal: ended.signal,
      onProgress: () => progress++ === after && ended.abort(),
    });
  }

  it('two syncs bring the lists into agreement, and what was suppressed for its own sake stays so', async () => {
    const property = fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes) => {
      clock.nowMs += DAY;
      await amazon.clear();
      await scene.forget();
      /** Mailboxes that are suppressed here by more than SES's list. */
      const own = new Set<string>();
      for (const one of changes) {
        clock.nowMs += 60 * 60_000;
        if (one.at === 'sync') await syncUntil(one.after);
        else if (one.at === 'here') {
          const key = addressKey(one.spelling)!;
          const before = (await list.suppressed()).find((row) => row.startsWith(`${key} * `));
          if (one.as === null) await list.suppression.release(one.spelling);
          else await list.suppression.suppress(one.spelling, { reason: one.as });
          if (one.as === null) own.delete(key);
          // What is weaker than what holds already is not written down.
          else if (one.as !== 'soft-bounces' || before !== `${key} * account-list`) own.add(key);
        } else if (one.as !== null) await amazon.put(one.as as 'BOUNCE', one.spelling);
        else await amazon.delete(one.spelling).catch(() => undefined);
      }
      clock.nowMs += 60 * 60_000;
      // A run that was cut short is finished first: what it has read may be older than what has changed since.
      await list.sync.sync();
      clock.nowMs += 60 * 60_000;
      await list.sync.sync();
      clock.nowMs += 60 * 60_000;
      const last = await list.sync.sync();
      expect(last).toMatchObject({ added: 0, removed: 0, pushed: 0, deleted: 0, complete: true });

      const suppressed = new Map(
        (await list.suppressed()).map((row) => row.split(' * ') as [string, string]),
      );
      const atAmazon = (await amazon.entries()).map((entry) => entry.split(' ')[0]!);
      const listed = new Set(atAmazon.map((address) => addressKey(address)!));
      // What SES lists is suppressed here; what is suppressed only for it is listed there.
      for (const key of listed) expect(suppressed.has(key)).toBe(true);
      for (const [key, why] of suppressed) {
        if (why === 'account-list') expect(listed).toContain(key);
        if (why === 'hard-bounce' || why === 'complaint') expect(listed).toContain(key);
      }
      for (const key of own) expect(suppressed.has(key)).toBe(true);
      expect((await list.mirror()).map(({ address }) => address).toSorted()).toEqual(atAmazon.toSorted());
    });
    await fc.assert(property, { numRuns: 40 });
  });
});
