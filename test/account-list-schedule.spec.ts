import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Clock } from '../libs/ses-reputation/src/clock.js';
import type { Leadership } from '../libs/ses-reputation/src/leadership/leadership.js';
import { LeaseLostError } from '../libs/ses-reputation/src/leadership/lease-lost.error.js';
import type { AccountListOptions } from '../libs/ses-reputation/src/options/ses-reputation-options.js';
import { ApiPace } from '../libs/ses-reputation/src/ses/api-pace.js';
import { AmazonsList, DAY, startInstance, type AccountListInstance } from './support/account-list.js';
import { sqlite, type TestDatabase } from './support/databases.js';
import { alwaysLeading, neverLeading } from './support/outbox.js';
import { AdjustableClock } from './support/mailer-parts.js';
import { StoppedClock } from './support/suppression-harness.js';

const NAME = 'ses-reputation:account-list';

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await sleep(5);
}

describe('the scheduled sync', () => {
  let database: TestDatabase;
  let amazon: AmazonsList;
  let clock: StoppedClock;
  let instance: AccountListInstance | undefined;

  beforeEach(async () => {
    database = await sqlite();
    clock = new StoppedClock();
    amazon = await AmazonsList.start(clock);
  });
  afterEach(async () => {
    await instance?.close();
    instance = undefined;
    await amazon.stop();
    await database.drop();
  });

  async function start(
    accountList: AccountListOptions | false,
    given: { leadership?: Leadership; background?: false } = {},
  ): Promise<AccountListInstance> {
    const { leadership, ...more } = given;
    instance = await startInstance(database, amazon, {
      options: { suppression: { accountList }, ...more },
      leadership,
    });
    return instance;
  }

  const calls = (count: number) => until(() => instance!.calls.length >= count);
  it('runs as an interval of the SchedulerRegistry until the app closes, in both directions', async () => {
    await amazon.put('BOUNCE', 'ann@example.com');
    const { scheduler, suppression } = await start({ everyMs: 20 });
    expect(scheduler.getIntervals()).toContain(NAME);
    await suppression.suppress('bob@example.com', { reason: 'complaint' });
    while (!(await suppression.isSuppressed('ann@example.com'))) await sleep(5);
    while ((await amazon.entries()).length < 2) await sleep(5);
    await instance!.close();
    expect(scheduler.getIntervals()).not.toContain(NAME);
    expect(instance!.said.warnings).toEqual([]);
    instance = undefined;
  });

  it.each([
    ['pull', ['ann@example.com BOUNCE']],
    ['push', ['ann@example.com BOUNCE', 'bob@example.com COMPLAINT']],
  ] as const)('may be of one direction: %s', async (direction, atAmazon) => {
    await amazon.put('BOUNCE', 'ann@example.com');
    const { suppression, sync } = await start({ everyMs: 86_400_000, direction });
    await suppression.suppress('bob@example.com', { reason: 'complaint' });
    expect(await sync.sync()).toMatchObject({ complete: true });
    expect(await amazon.entries()).toEqual(atAmazon);
    expect(await suppression.isSuppressed('ann@example.com')).toBe(direction === 'pull');
  });

  it.each([
    ['the option is not set', false, {}],
    ['the process does no background work', {}, { background: false }],
  ] as const)('is not there where %s, and works by hand', async (_, accountList, given) => {
    await amazon.put('BOUNCE', 'ann@example.com');
    const { scheduler, sync } = await start(accountList, given);
    expect(scheduler.getIntervals()).not.toContain(NAME);
    expect(await sync.sync()).toMatchObject({ added: 1, complete: true });
  });

  it('is left to the instance that leads', async () => {
    const { sync, calls: made } = await start({ everyMs: 10 }, { leadership: neverLeading });
    const tick = jest.spyOn(sync as unknown as { tick(): void }, 'tick');
    await until(() => tick.mock.calls.length >= 3);
    expect(made).toEqual([]);
  });

  it('stops without a word where another instance has become the leader', async () => {
    await amazon.put('BOUNCE', 'ann@example.com');
    let lost = 0;
    const fence = async () => {
      lost++;
      throw new LeaseLostError();
    };
    const leadership = Object.assign(Object.create(alwaysLeading as object), {
      token: 1,
      fence,
    }) as Leadership;
    const { said, suppression } = await start({ everyMs: 10 }, { leadership });
    await until(() => lost >= 3);
    expect(await suppression.isSuppressed('ann@example.com')).toBe(false);
    expect(said.warnings).toEqual([]);
  });

  it('leaves a run of another instance alone while it makes progress, and takes over when it is dead', async () => {
    await amazon.put('BOUNCE', 'ann@example.com');
    const other = await startInstance(database, amazon, { leadership: neverLeading });
    const late = new AbortController();
    jest.spyOn(other.pace, 'run').mockImplementation(async () => {
      await once(late.signal, 'abort');
      throw new Error('too late');
    });
    const dead = other.sync.pull();
    while (!(await other.sync.status()).running) await sleep(5);
    const { calls: made } = await start({ everyMs: 10 });
    const tick = jest.spyOn(instance!.sync as unknown as { report(): void }, 'report');
    await until(() => tick.mock.calls.length >= 3);
    expect(made).toEqual([]);
    clock.nowMs += DAY;
    await calls(1);
    late.abort();
    await dead;
    await other.close();
  });

  it('survives any error, says it once, and goes on when it is over', async () => {
    const { dataSource, said, calls: made } = await start({ everyMs: 10 });
    await calls(2);
    await dataSource.query('ALTER TABLE ses_memory RENAME TO away');
    await until(() => said.warnings.length > 0);
    await sleep(100);
    await dataSource.query('ALTER TABLE away RENAME TO ses_memory');
    await calls(made.length + 2);
    expect(said.warnings).toHaveLength(1);
    expect(said.warnings[0]).toContain('ses_memory');
    amazon.simulator.fail({ sesOutage: true });
    await until(() => said.warnings.length > 1);
    await calls(made.length + 3);
    expect(said.warnings).toHaveLength(2);
    expect(said.warnings[1]).toContain('ListSuppressedDestinations failed');
  });

  it('says once what IAM forbids, leaves that out for a day, and tries again', async () => {
    await amazon.put('BOUNCE', 'ann@example.com');
    amazon.simulator.fail({ denied: ['ListSuppressedDestinations'] });
    const { sync, said, calls: made } = await start({ everyMs: 10 });
    const report = jest.spyOn(sync as unknown as { report(): void }, 'report');
    await until(() => report.mock.calls.length >= 5);
    expect(made).toEqual(['ListSuppressedDestinations']);
    expect(said.warnings).toHaveLength(1);
    expect(said.warnings[0]).toContain('IAM forbids ses:ListSuppressedDestinations');
    amazon.simulator.fail(null);
    clock.nowMs += DAY;
    await calls(2);
    while (!(await instance!.suppression.isSuppressed('ann@example.com'))) await sleep(5);
    expect(said.warnings).toHaveLength(1);
  });

  it('a closing app does not wait for its end', async () => {
    const { sync, suppression } = await start(false);
    for (let i = 0; i < 3; i++) await suppression.suppress(`a${i}@example.com`, { reason: 'hard-bounce' });
    let closing: Promise<void> | undefined;
    const running = sync.push({ onProgress: () => (closing ??= instance!.close()) });
    expect(await running).toMatchObject({ pushed: 1, complete: false, stopped: { reason: 'aborted' } });
    await closing;
    instance = undefined;
  });
});

describe('at Amazon’s limit of one request a second', () => {
  it('is never throttled', async () => {
    const clock = new AdjustableClock();
    const database = await sqlite();
    const stopped = Object.assign(new StoppedClock(), { now: () => clock.now() });
    const amazon = await AmazonsList.start(stopped, { apiRate: 1 });
    const pace = new ApiPace();
    const pauses: number[] = [];
    const pause = pace.pause.bind(pace);
    jest.spyOn(pace, 'pause').mockImplementation((ms, signal) => {
      pauses.push(ms);
      return pause(ms, signal);
    });
    const instance = await startInstance(database, amazon, { pace, clock: stopped as Clock });
    await amazon.put('BOUNCE', 'ann@example.com');
    clock.aheadMs += 1_000;
    for (const address of ['bob@example.com', 'joe@example.com'])
      await instance.suppression.suppress(address, { reason: 'complaint' });
    const startedMs = performance.now();
    const result = await instance.sync.sync();
    expect(result).toMatchObject({ seen: 1, added: 1, pushed: 2, complete: true });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(2_000);
    // A call that is throttled is made again: there was none.
    expect(instance.calls).toHaveLength(3);
    expect(pauses.every((ms) => ms <= 1_000)).toBe(true);
    await instance.close();
    await amazon.stop();
    await database.drop();
  });
});
