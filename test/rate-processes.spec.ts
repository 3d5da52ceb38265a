import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { SesSimulator } from '../libs/ses-reputation/src/testing/index.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { openDataSource } from './support/open-data-source.js';
import { RateChild } from './support/rate-child.js';
import { redisUrl } from './support/redis.js';
import { until } from './support/sns-harness.js';

const RATE = 40;
const NAMES = ['a', 'b', 'c'];
const url = await redisUrl();
const servers = databaseKinds().filter(({ name }) => name !== 'SQLite');
const KINDS = [
  ...servers.map((kind) => ({ name: kind.name, kind, redis: null as string | null })),
  ...(url ? [{ name: 'Redis', kind: databaseKinds()[0]!, redis: url }] : []),
];

describe.each(KINDS)('processes that share the rate over $name', ({ kind, redis }) => {
  let databases: TestDatabase[];
  let dataSources: DataSource[];
  let simulator: SesSimulator;
  let children: RateChild[];
  const sharedName = `test-${randomUUID()}`;

  beforeEach(async () => {
    simulator = await SesSimulator.start({ sendRate: RATE });
    // Over Redis each has a database of its own, so that nothing else is shared.
    databases = await Promise.all((redis ? NAMES : ['all']).map(() => kind.create()));
    dataSources = await Promise.all(databases.map((database) => openDataSource(database)));
    children = NAMES.map(
      (name, i) =>
        new RateChild({
          database: (databases[i] ?? databases[0]!).options,
          endpoint: simulator.endpoint,
          redis: redis ? { url: redis, name: sharedName } : null,
          name,
          atOnce: 15,
        }),
    );
  });
  afterEach(async () => {
    await Promise.all(children.map((child) => child.kill()));
    await simulator.stop();
    await Promise.all(dataSources.map((dataSource) => dataSource.destroy()));
    await Promise.all(databases.map((database) => database.drop()));
    if (!redis) return;
    const client = new Redis(redis);
    await client.del(`ses-reputation:send-rate:${sharedName}`);
    await client.quit();
  });

  /** Mails a second of a process, or all, in the last three by SES's own clock. */
  function pace(name?: string): number {
    const from = Date.now() - 3_000;
    return (
      simulator.sent.filter(({ at, subject }) => at.getTime() > from && (!name || subject === name)).length /
      3
    );
  }

  it('use all of it together without being throttled, and take over the share of one that is killed', async () => {
    await Promise.all(children.map((child) => child.started()));
    // Bulk mail leaves a tenth to critical mail. A machine that is busy takes longer to come to it.
    await until(() => pace() >= RATE * 0.8 && NAMES.every((name) => pace(name) >= RATE * 0.2));
    // What each may send before it has its share is past by then.
    await sleep(3_000);
    expect(pace()).toBeLessThanOrEqual(RATE + 1);
    await children[0]!.kill();
    await until(() => pace('a') === 0 && pace() >= RATE * 0.8);
    await until(() => pace('b') >= RATE * 0.35 && pace('c') >= RATE * 0.35);
    const throttled = children.flatMap((child) => child.of('throttled'));
    const failed = children.flatMap((child) => child.of('failed'));
    expect(failed).toEqual([]);
    expect(throttled.length).toBeLessThanOrEqual(simulator.sent.length * 0.02);
  }, 600_000);
});
