import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { DatabaseRateStore } from '../libs/ses-reputation/src/rate/database-rate-store.js';
import type { RateStore } from '../libs/ses-reputation/src/rate/rate-store.js';
import { RedisRateStore } from '../libs/ses-reputation/src/rate/redis-rate-store.js';
import { NOTHING_SHARED, type SharedRate } from '../libs/ses-reputation/src/rate/shared-rate.js';
import { databaseKinds } from './support/databases.js';
import { openDataSource } from './support/open-data-source.js';
import { redisUrl } from './support/redis.js';

const url = await redisUrl();
const KINDS = [...databaseKinds().map(({ name }) => name), ...(url ? ['Redis'] : [])];

const add = (before: SharedRate | null): SharedRate => {
  const { sent } = before ?? NOTHING_SHARED;
  return { ...NOTHING_SHARED, sent: sent + 1 };
};

describe.each(KINDS)('what instances share, on %s', (name) => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  /** As many instances would open it. */
  async function open(count: number): Promise<RateStore[]> {
    if (name === 'Redis') {
      const key = `test:${randomUUID()}`;
      const clients = Array.from({ length: count }, () => new Redis(url!));
      cleanUps.push(async () => {
        await clients[0]!.del(key);
        await Promise.all(clients.map((client) => client.quit()));
      });
      return clients.map((client) => new RedisRateStore(client, key));
    }
    const database = await databaseKinds()
      .find((kind) => kind.name === name)!
      .create();
    cleanUps.push(() => database.drop());
    const first = await openDataSource(database);
    cleanUps.push(() => first.destroy());
    return Array.from({ length: count }, () => new DatabaseRateStore(first, 'send-rate:test'));
  }

  it('loses no change of several instances at once', async () => {
    const stores = await open(4);
    await Promise.all(
      stores.map(async (store) => {
        for (let n = 0; n < 25; n++) await store.change(add);
      }),
    );
    let found: SharedRate | null = null;
    await stores[0]!.change((before) => (found = before!));
    expect(found!).toEqual({ ...NOTHING_SHARED, sent: 100 });
  });

  it('begins with nothing, and keeps what was there where the change fails', async () => {
    const [store] = await open(1);
    let found: SharedRate | null | undefined;
    await store!.change((before) => ((found = before), NOTHING_SHARED));
    expect(found).toBeNull();
    const broken = store!.change(() => {
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    await store!.change((before) => (found = before!));
    expect(found).toEqual(NOTHING_SHARED);
  });
});

const never = () => new Promise<never>(() => undefined);

describe('Redis that does not answer', () => {
  it('fails in time', async () => {
    const store = new RedisRateStore({ get: never, eval: never }, 'test');
    await expect(store.change(() => NOTHING_SHARED)).rejects.toThrow('did not answer');
  });
});
