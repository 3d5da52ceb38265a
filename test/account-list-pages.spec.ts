import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Memory } from '../libs/ses-reputation/src/store/memory.entity.js';
import { type AccountListInstance, AccountListScene, AmazonsList, DAY } from './support/account-list.js';
import { databaseKinds } from './support/databases.js';
import { neverLeading } from './support/outbox.js';
import type { StoppedClock } from './support/suppression-harness.js';

const LISTED = Array.from({ length: 2_500 }, (_, i) => `person${i}@example.com`);

describe.each(databaseKinds())('an account list of 2,500 entries on $name', (kind) => {
  let scene: AccountListScene;
  let first: AccountListInstance;
  let second: AccountListInstance;
  let amazon: AmazonsList;
  let clock: StoppedClock;

  beforeAll(async () => {
    // One of them delivers events.
    scene = await AccountListScene.open(kind, {}, { leadership: neverLeading });
    ({ amazon, clock } = scene);
    [first, second] = scene.instances as [AccountListInstance, AccountListInstance];
  });
  beforeEach(async () => {
    clock.nowMs += DAY;
    await amazon.become('BOUNCE', LISTED);
    await scene.forget();
  });
  afterEach(() => void jest.restoreAllMocks());
  afterAll(() => scene?.close());

  it('is pulled in three pages: mirrored, and suppressed in every stream', async () => {
    const progress: number[] = [];
    const result = await first.sync.pull({ onProgress: ({ seen }) => progress.push(seen) });
    expect(result).toEqual({
      seen: 2_500,
      added: 2_500,
      removed: 0,
      pushed: 0,
      deleted: 0,
      rejected: [],
      held: 0,
      heldBecause: null,
      complete: true,
      stopped: null,
    });
    expect(first.calls).toEqual(Array(3).fill('ListSuppressedDestinations'));
    expect(progress).toEqual([1_000, 2_000, 2_500, 2_500]);
    expect(await first.suppressed()).toEqual(LISTED.map((key) => `${key} * account-list`).toSorted());
    expect((await first.mirror()).map(({ address }) => address).toSorted()).toEqual(LISTED.toSorted());
    expect(await scene.raised()).toHaveLength(2_500);
    expect(await first.sync.status()).toEqual({
      running: false,
      listed: 2_500,
      refused: 0,
      pulledAt: new Date(clock.nowMs),
      held: 0,
      pullingSince: null,
      pushedAt: null,
      idle: [],
    });

    clock.nowMs += DAY;
    expect(await second.sync.pull()).toMatchObject({ seen: 2_500, added: 0, removed: 0, complete: true });
    expect(await scene.raised()).toHaveLength(2_500);
  });

  it('goes on with the page in whose middle it crashed, on any instance, and tells nothing twice', async () => {
    const apply = first.ledger.apply.bind(first.ledger);
    let parts = 0;
    jest.spyOn(first.ledger, 'apply').mockImplementation(async (tx, entries) => {
      const applied = await apply(tx, entries);
      if (++parts === 4) throw new Error('crashed');
      return applied;
    });
    await expect(first.sync.pull()).rejects.toThrow('crashed');
    expect(await first.mirror()).toHaveLength(1_000);
    expect(await first.suppressed()).toHaveLength(1_000);
    expect(await first.sync.status()).toMatchObject({ listed: 1_000, pulledAt: null });
    expect((await first.sync.status()).pullingSince).toEqual(new Date(clock.nowMs));

    clock.nowMs += DAY;
    expect(await second.sync.pull()).toMatchObject({
      seen: 1_500,
      added: 1_500,
      removed: 0,
      complete: true,
    });
    expect(second.calls).toHaveLength(2);
    expect(await first.suppressed()).toHaveLength(2_500);
    const events = await scene.raised();
    expect(events.toSorted()).toEqual(LISTED.map((key) => `ses.suppression.added ${key}`).toSorted());
  });

  it('begins again when the token of the next page is no longer valid', async () => {
    const ended = new AbortController();
    const result = await first.sync.pull({ signal: ended.signal, onProgress: () => ended.abort() });
    expect(result).toMatchObject({ seen: 1_000, complete: false, stopped: { reason: 'aborted' } });
    const memory = await first.dataSource.manager.findOneByOrFail(Memory, { name: 'account-list' });
    const value = JSON.parse(memory.value);
    value.pull.token = 'out of date';
    await first.dataSource.manager.update(Memory, { name: memory.name }, { value: JSON.stringify(value) });

    expect(await second.sync.pull()).toMatchObject({
      seen: 2_500,
      added: 1_500,
      removed: 0,
      complete: true,
    });
    expect(second.calls).toHaveLength(4);
    expect(await first.suppressed()).toHaveLength(2_500);
    expect(await scene.raised()).toHaveLength(2_500);
  });

  it('is pulled once by two instances at a time', async () => {
    const results = await Promise.all([first.sync.pull(), second.sync.pull()]);
    const complete = results.filter((result) => result.complete);
    expect(complete.length).toBeGreaterThan(0);
    for (const { stopped } of results) expect([undefined, 'taken-over']).toContain(stopped?.reason);
    expect(results.reduce((sum, { added }) => sum + added, 0)).toBe(2_500);
    // The one that was taken over from may have had one page under way.
    expect(first.calls.length + second.calls.length).toBeLessThanOrEqual(4);
    expect(await first.suppressed()).toHaveLength(2_500);
    expect(await first.mirror()).toHaveLength(2_500);
    expect(await scene.raised()).toHaveLength(2_500);
    expect(await first.sync.status()).toMatchObject({ running: false, pullingSince: null });
  });

  it('takes nothing for vanished before it has read the whole list', async () => {
    await first.sync.pull();
    clock.nowMs += DAY;
    await amazon.delete(...LISTED.slice(0, 1_200));
    const ended = new AbortController();
    await first.sync.pull({ signal: ended.signal, onProgress: () => ended.abort() });
    expect(await first.suppressed()).toHaveLength(2_500);
    first.calls.length = 0;
    expect(await first.sync.pull({ acceptRemovals: true })).toMatchObject({
      seen: 300,
      removed: 1_200,
      complete: true,
    });
    expect(first.calls).toHaveLength(1);
    expect(await first.suppressed()).toEqual(
      LISTED.slice(1_200)
        .map((key) => `${key} * account-list`)
        .toSorted(),
    );
    expect(await first.mirror()).toHaveLength(1_300);
  });

  it('goes on where it died among what had vanished', async () => {
    await first.sync.pull();
    clock.nowMs += DAY;
    await amazon.delete(...LISTED.slice(0, 1_200));
    const lockRows = first.ledger.lockRows.bind(first.ledger);
    let removing = 0;
    jest.spyOn(first.ledger, 'lockRows').mockImplementation(async (tx, keys) => {
      const rows = await lockRows(tx, keys);
      if (rows.some(({ key }) => LISTED.indexOf(key) < 1_200) && ++removing === 2) throw new Error('crashed');
      return rows;
    });
    await expect(first.sync.pull({ acceptRemovals: true })).rejects.toThrow('crashed');
    expect(await first.mirror()).toHaveLength(2_000);
    second.calls.length = 0;
    // It is decided that they go.
    expect(await second.sync.pull()).toMatchObject({ seen: 0, removed: 700, complete: true });
    expect(second.calls).toEqual([]);
    expect(await first.suppressed()).toHaveLength(1_300);
  });
});
