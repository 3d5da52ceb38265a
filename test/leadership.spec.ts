import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SES_REPUTATION_ENTITIES } from '../libs/ses-reputation/src/entities.js';
import { LeaseLostError } from '../libs/ses-reputation/src/leadership/lease-lost.error.js';
import { Lease } from '../libs/ses-reputation/src/leadership/lease.entity.js';
import { Leadership } from '../libs/ses-reputation/src/leadership/leadership.js';
import { resolveOptions } from '../libs/ses-reputation/src/options/resolve-options.js';
import { Store } from '../libs/ses-reputation/src/store/store.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { openDataSource } from './support/open-data-source.js';
import { until } from './support/sns-harness.js';
import { StoppedClock } from './support/suppression-harness.js';

const LEASE_MS = 1_000;
const warnings: string[] = [];

const lead = ({ leadership }: { leadership: Leadership }) => until(() => leadership.token !== null);

describe.each(databaseKinds())('leadership on $name', (kind) => {
  let database: TestDatabase;
  let started: { leadership: Leadership; dataSource: DataSource }[];

  beforeEach(async () => {
    warnings.length = 0;
    Logger.overrideLogger({ log() {}, error() {}, warn: (message) => void warnings.push(String(message)) });
    database = await kind.create();
    await (await openDataSource(database)).destroy();
    started = [];
  });
  afterEach(async () => {
    for (const { leadership, dataSource } of started) {
      await leadership.beforeApplicationShutdown();
      if (dataSource.isInitialized) await dataSource.destroy();
    }
    await database.drop();
  });

  /** An instance with a connection of its own, that `dies` without a word. */
  async function instance({ background = { leaseMs: LEASE_MS }, app = 'shop' }: Given = {}) {
    const options = { ...database.options, entities: SES_REPUTATION_ENTITIES };
    const dataSource = await new DataSource(options).initialize();
    const clock = new StoppedClock();
    const store = new Store(dataSource);
    const feedback = { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] };
    const leadership = new Leadership(store, clock, resolveOptions({ app, background, feedback }));
    started.push({ leadership, dataSource });
    const leads: number[] = [];
    leadership.onLead(() => leads.push(leadership.token!));
    leadership.onApplicationBootstrap();
    return { leadership, store, clock, leads, dataSource, dies: () => dataSource.destroy() };
  }
  interface Given {
    background?: { leaseMs: number } | false;
    app?: string;
  }

  it('is of one instance at a time, and goes on for as long as that one lives', async () => {
    const all = await Promise.all([instance(), instance(), instance()]);
    await until(() => all.some(({ leadership }) => leadership.token !== null));
    const first = all.find(({ leadership }) => leadership.token !== null)!;
    first.clock.nowMs += 30 * 86_400_000;
    for (const end = performance.now() + 3 * LEASE_MS; performance.now() < end; await sleep(5)) {
      const tokens = all.map(({ leadership }) => leadership.token).filter((token) => token !== null);
      expect(tokens).toEqual([1]);
    }
    expect(first.leadership.token).toBe(1);
    expect(all.flatMap(({ leads }) => leads)).toEqual([1]);
  });

  it('passes on when the holder dies, with a larger token, and not while the holder may work', async () => {
    const first = await instance();
    await lead(first);
    const second = await instance();
    await sleep(LEASE_MS / 2);
    expect(second.leadership.token).toBeNull();
    await first.dies();
    const diedAt = performance.now();
    let overlap = 0;
    while (second.leadership.token === null) await sleep(1);
    const tookMs = performance.now() - diedAt;
    if (first.leadership.token !== null) overlap++;
    expect(overlap).toBe(0);
    expect(second.leads).toEqual([2]);
    process.stderr.write(
      `${kind.name}: taken over ${Math.round(tookMs)} ms after the death, of a lease of ${LEASE_MS} ms\n`,
    );
  });

  it('passes on at once when it is given back, after the work has ended', async () => {
    const first = await instance({ background: { leaseMs: 600_000 } });
    await lead(first);
    const second = await instance();
    const order: string[] = [];
    first.leadership.beforeGivingBack(async () => {
      await sleep(3 * LEASE_MS * 0.1);
      order.push(second.leadership.token === null ? 'the work has ended' : 'two led');
    });
    first.leadership.beforeGivingBack(() => Promise.reject(new Error('that does not matter')));
    second.leadership.onLead(() => order.push('the second leads'));
    await first.leadership.beforeApplicationShutdown();
    expect(first.leadership.token).toBeNull();
    await lead(second);
    expect(order).toEqual(['the work has ended', 'the second leads']);
    expect(second.leadership.token).toBe(2);
  });

  it('fences: what a holder of before does in a transaction fails as a whole', async () => {
    const first = await instance();
    await lead(first);
    await first.store.transaction((tx) => first.leadership.fence(tx, 1));
    const thief = { holder: 'another', token: 2 };
    await first.dataSource.manager.update(Lease, { name: 'shop' }, thief);
    const write = first.store.transaction(async (tx) => {
      await tx.insert(Lease, { name: 'trace', holder: '', token: 0, beat: 0, renewedAt: new Date(0) });
      await first.leadership.fence(tx, 1);
    });
    await expect(write).rejects.toThrow(LeaseLostError);
    expect(await first.dataSource.manager.existsBy(Lease, { name: 'trace' })).toBe(false);
    await until(() => first.leadership.token === null);
    // Its beat does not go on: the thief is dead.
    await lead(first);
    expect(first.leads).toEqual([1, 3]);
    await expect(first.store.transaction((tx) => first.leadership.fence(tx, 1))).rejects.toThrow(
      LeaseLostError,
    );
  });

  it('ends while the database is away, in time for another, and comes back', async () => {
    const first = await instance();
    await lead(first);
    const { manager } = first.dataSource;
    await manager.query('ALTER TABLE ses_lease RENAME TO away');
    await until(() => first.leadership.token === null);
    expect(warnings).toEqual([expect.stringContaining("The lease can't be looked at")]);
    await manager.query('ALTER TABLE away RENAME TO ses_lease');
    await lead(first);
    expect(first.leads).toEqual([1, 1]);
    expect(warnings).toHaveLength(1);
  });

  it('is of each application by itself, and never of a process without background work', async () => {
    const [shop, blog] = await Promise.all([instance(), instance({ app: 'blog' })]);
    const silent = await instance({ app: 'silent', background: false });
    await Promise.all([lead(shop), lead(blog)]);
    expect(silent.leadership.token).toBeNull();
    const leases = await shop.dataSource.manager.find(Lease, { order: { name: 'ASC' } });
    expect(leases.map(({ name }) => name)).toEqual(['blog', 'shop']);
  });
});

describe.each(databaseKinds().filter(({ name }) => name !== 'SQLite'))('the fence on $name', (kind) => {
  it('keeps others from taking over until the transaction of the holder ends', async () => {
    const database = await kind.create();
    const dataSource = await openDataSource(database);
    const store = new Store(dataSource);
    const feedback = { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] };
    const options = resolveOptions({ app: 'shop', background: { leaseMs: LEASE_MS }, feedback });
    const [first, second] = [1, 2].map(() => new Leadership(store, new StoppedClock(), options));
    first!.onApplicationBootstrap();
    await until(() => first!.token !== null);
    second!.onApplicationBootstrap();
    // The holder hangs in a transaction: its own renewal waits for it too.
    await store.transaction(async (tx) => {
      await first!.fence(tx, 1);
      await until(() => first!.token === null);
      await sleep(LEASE_MS);
      expect(second!.token).toBeNull();
    });
    await until(() => first!.token !== null || second!.token !== null);
    for (const one of [first!, second!]) await one.beforeApplicationShutdown();
    await dataSource.destroy();
    await database.drop();
  });
});
