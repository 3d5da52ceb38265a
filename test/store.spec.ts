import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { SES_REPUTATION_ENTITIES } from '../libs/ses-reputation/src/entities.js';
import { StoreUnavailableError } from '../libs/ses-reputation/src/errors.js';
import { SeenFeedback } from '../libs/ses-reputation/src/feedback/seen-feedback.entity.js';
import { Store } from '../libs/ses-reputation/src/store/store.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';

const seen = (id: string) => ({ id, key: null, sentAt: null, seenAt: new Date(0) });

describe.each(databaseKinds())('Store on $name', ({ name, create }) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let store: Store;

  beforeEach(async () => {
    database = await create();
    dataSource = new DataSource({
      ...database.options,
      entities: SES_REPUTATION_ENTITIES,
      synchronize: true,
    });
    await dataSource.initialize();
    store = new Store(dataSource);
  });

  afterEach(async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await database.drop();
  });

  it('runs 30 transactions at once, from two stores on one data source', async () => {
    const other = new Store(dataSource);
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        (i % 2 ? store : other).transaction(async (tx) => {
          await tx.insert(SeenFeedback, seen(`a${i}`));
          await tx.insert(SeenFeedback, seen(`b${i}`));
        }),
      ),
    );
    expect(await store.manager.count(SeenFeedback)).toBe(60);
  });

  it('repeats the work when another writer inserted the same key first', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        store.transaction(async (tx) => {
          if (await tx.existsBy(SeenFeedback, { id: 'same' })) return 'found';
          await tx.insert(SeenFeedback, seen('same'));
          return 'inserted';
        }),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'inserted')).toHaveLength(1);
    expect(await store.manager.count(SeenFeedback)).toBe(1);
  });

  it('changes nothing when the work fails, and says why', async () => {
    const failing = store.transaction(async (tx) => {
      await tx.insert(SeenFeedback, seen('lost'));
      await tx.query('select * from no_such_table');
    });
    await expect(failing).rejects.toThrow(StoreUnavailableError);
    await expect(failing).rejects.toMatchObject({ code: 'SES_STORE_UNAVAILABLE', cause: expect.anything() });
    expect(await store.manager.count(SeenFeedback)).toBe(0);
    await store.transaction((tx) => tx.insert(SeenFeedback, seen('next')));
    expect(await store.manager.count(SeenFeedback)).toBe(1);
  });

  it('keeps what it committed when a transaction of the host rolls back', async () => {
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const host = dataSource.transaction(async (tx) => {
      await tx.insert(SeenFeedback, seen('host'));
      await held;
      throw new Error('the host changed its mind');
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const ours = store.transaction((tx) => tx.insert(SeenFeedback, seen('ours')));
    setTimeout(release, 50);
    await expect(host).rejects.toThrow('changed its mind');
    await ours;
    expect((await store.manager.find(SeenFeedback)).map(({ id }) => id)).toEqual(['ours']);
  });

  it('makes a transaction of the host wait for ours, and neither takes the other back', async () => {
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const ours = store.transaction(async (tx) => {
      await tx.insert(SeenFeedback, seen('ours'));
      if (name === 'SQLite') await held;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const host = dataSource.transaction(async (tx) => {
      await tx.insert(SeenFeedback, seen('host'));
      throw new Error('the host changed its mind');
    });
    setTimeout(release, 50);
    await expect(host).rejects.toThrow('changed its mind');
    await ours;
    expect((await store.manager.find(SeenFeedback)).map(({ id }) => id)).toEqual(['ours']);
  });

  it('mixes transactions of ours and of the host, all of them kept', async () => {
    for (let round = 0; round < 10; round++) {
      const ours = Array.from({ length: 5 }, (_, i) =>
        store.transaction((tx) => tx.insert(SeenFeedback, seen(`ours-${round}-${i}`))),
      );
      const host = dataSource.transaction((tx) => tx.insert(SeenFeedback, seen(`host-${round}`)));
      await Promise.all([...ours, host]);
    }
    expect(await store.manager.count(SeenFeedback)).toBe(60);
  });

  it(`fails with a typed error when the database is gone (${name})`, async () => {
    await dataSource.destroy();
    await expect(store.transaction((tx) => tx.insert(SeenFeedback, seen('x')))).rejects.toThrow(
      StoreUnavailableError,
    );
  });
});
