import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type DataSource, type EntityManager } from 'typeorm';
import { StoreUnavailableError } from '../libs/ses-reputation/src/errors.js';
import { SeenFeedback } from '../libs/ses-reputation/src/feedback/seen-feedback.entity.js';
import { Store } from '../libs/ses-reputation/src/store/store.js';
import { databaseKinds, sqlite, type TestDatabase } from './support/databases.js';
import { openDataSource } from './support/open-data-source.js';

const seen = (id: string) => ({ id, key: null, sentAt: null, seenAt: new Date(0) });

/** Where Node before 24 keeps what an AsyncLocalStorage holds: one on each promise for each that is enabled. */
function contexts(): number {
  return Object.getOwnPropertySymbols(new Promise(() => undefined)).length;
}

function insert(store: Store, id: string): Promise<unknown> {
  return store.transaction((tx) => tx.insert(SeenFeedback, seen(id)));
}

async function idsOf(store: Store): Promise<string[]> {
  return (await store.manager.find(SeenFeedback)).map(({ id }) => id).toSorted();
}

/** More than fits, where there is a limit. */
async function fill(tx: EntityManager, name: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    await tx.insert(SeenFeedback, { ...seen(`${name}${i}`), key: 'k'.repeat(320) });
  }
}

describe.each(databaseKinds())('Store on $name', ({ name, create }) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let store: Store;

  beforeEach(async () => {
    database = await create();
    dataSource = await openDataSource(database);
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

  it('lets the host begin a transaction within one of ours, as its subscribers may', async () => {
    await store.transaction(async (tx) => {
      await tx.insert(SeenFeedback, seen('ours'));
      await dataSource.transaction((host) => host.insert(SeenFeedback, seen('host')));
    });
    expect(await store.manager.count(SeenFeedback)).toBe(2);
  });

  it('makes no promise of the process dearer once it is done', async () => {
    const before = contexts();
    await Promise.all([1, 2, 3].map((n) => store.transaction((tx) => tx.insert(SeenFeedback, seen(`${n}`)))));
    await expect(store.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(contexts()).toBe(before);
  });

  it(`fails with a typed error when the database is gone (${name})`, async () => {
    await dataSource.destroy();
    await expect(store.transaction((tx) => tx.insert(SeenFeedback, seen('x')))).rejects.toThrow(
      StoreUnavailableError,
    );
  });
});

describe('Store on a SQLite that rolls back by itself', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let store: Store;

  beforeEach(async () => {
    database = await sqlite();
    dataSource = await openDataSource(database);
    store = new Store(dataSource);
    const [{ page_count: pages }] = await dataSource.query('pragma page_count');
    await dataSource.query(`pragma max_page_count = ${pages + 2}`);
  });

  afterEach(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const makeRoom = () => dataSource.query('pragma max_page_count = 100000');
  const ids = async () => (await store.manager.find(SeenFeedback)).map(({ id }) => id).toSorted();

  it('works again once a full disk has room', async () => {
    await expect(store.transaction((tx) => fill(tx, 'ours'))).rejects.toMatchObject({
      code: 'SES_STORE_UNAVAILABLE',
      message: expect.stringContaining('full'),
    });
    await expect(store.transaction((tx) => fill(tx, 'again'))).rejects.toThrow('full');
    await makeRoom();
    await store.transaction((tx) => tx.insert(SeenFeedback, seen('later')));
    await dataSource.transaction((tx) => tx.insert(SeenFeedback, seen('host')));
    expect(await ids()).toEqual(['host', 'later']);
  });

  it('works again also where the driver does not say whether a transaction is open', async () => {
    const driver = dataSource.driver as unknown as { databaseConnection: Record<string, unknown> };
    driver.databaseConnection = new Proxy(driver.databaseConnection, {
      get(connection, name: string) {
        const value = name === 'inTransaction' ? undefined : connection[name];
        return typeof value === 'function' ? value.bind(connection) : value;
      },
    });
    await expect(store.transaction((tx) => fill(tx, 'ours'))).rejects.toThrow('full');
    await makeRoom();
    await store.transaction((tx) => tx.insert(SeenFeedback, seen('later')));
    expect(await ids()).toEqual(['later']);
  });

  it('does not wait for a transaction of the host that the full disk has ended', async () => {
    await expect(dataSource.transaction((tx) => fill(tx, 'host'))).rejects.toThrow('full');
    await makeRoom();
    await store.transaction((tx) => tx.insert(SeenFeedback, seen('ours')));
    expect(await ids()).toEqual(['ours']);
  });

  it('leaves the transactions of the host whole after one that the full disk has ended', async () => {
    await expect(dataSource.transaction((tx) => fill(tx, 'host'))).rejects.toThrow('full');
    await makeRoom();
    const failing = dataSource.transaction(async (tx) => {
      await tx.insert(SeenFeedback, seen('undone'));
      throw new Error('the host changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    await dataSource.transaction((tx) => tx.insert(SeenFeedback, seen('host')));
    await store.transaction((tx) => tx.insert(SeenFeedback, seen('ours')));
    expect(await ids()).toEqual(['host', 'ours']);
    await dataSource.destroy();
    await dataSource.initialize();
    expect(await ids()).toEqual(['host', 'ours']);
  });

  it('waits for a transaction of the host that takes its time to begin', async () => {
    await makeRoom();
    dataSource.subscribers.push({
      beforeTransactionStart: () => new Promise((resolve) => setTimeout(resolve, 50)),
    });
    const host = dataSource.transaction(async (tx) => {
      await tx.insert(SeenFeedback, seen('host'));
      throw new Error('the host changed its mind');
    });
    const ours = store.transaction((tx) => tx.insert(SeenFeedback, seen('ours')));
    await expect(host).rejects.toThrow('changed its mind');
    await ours;
    expect(await ids()).toEqual(['ours']);
  });
});

describe('Store on SQLite beside subscribers of the host', () => {
  const opened: { database: TestDatabase; dataSource: DataSource }[] = [];

  async function open(): Promise<{ dataSource: DataSource; store: Store }> {
    const database = await sqlite();
    const dataSource = await openDataSource(database);
    opened.push({ database, dataSource });
    return { dataSource, store: new Store(dataSource) };
  }
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const { database, dataSource } of opened.splice(0)) {
      await dataSource.destroy();
      await database.drop();
    }
  });

  it('takes what they write after our commit, one by one', async () => {
    const { dataSource, store } = await open();
    const more = ['b', 'c', 'd'];
    dataSource.subscribers.push({
      async afterTransactionCommit() {
        await Promise.all(more.splice(0).map((id) => insert(store, id)));
      },
    });
    await insert(store, 'a');
    await insert(store, 'e');
    expect(await idsOf(store)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('refuses what they write in the middle of our transaction, and goes on', async () => {
    const { dataSource, store } = await open();
    const inner: unknown[] = [];
    dataSource.subscribers.push({
      async afterInsert() {
        if (inner.length === 0) inner.push(await insert(store, 'inner').catch((error: unknown) => error));
      },
    });
    await insert(store, 'a');
    expect(inner).toEqual([expect.any(StoreUnavailableError)]);
    await insert(store, 'b');
    expect(await idsOf(store)).toEqual(['a', 'b']);
  });

  it('knows its own turn within that of another data source', async () => {
    const [one, other] = [await open(), await open()];
    await one.store.transaction(async (tx) => {
      await other.store.transaction(async () => {
        await tx.transaction((nested) => nested.insert(SeenFeedback, seen('a')));
      });
    });
    expect(await idsOf(one.store)).toEqual(['a']);
  });

  it('waits for a transaction of the host that they hold up before it begins', async () => {
    const { dataSource, store } = await open();
    const waits = [400];
    dataSource.subscribers.push({
      beforeTransactionStart: () => new Promise((resolve) => setTimeout(resolve, waits.pop() ?? 0)),
    });
    const host = dataSource.transaction(async (tx) => {
      await tx.insert(SeenFeedback, seen('host'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error('the host changed its mind');
    });
    const ours = insert(store, 'ours');
    await expect(host).rejects.toThrow('changed its mind');
    await ours;
    expect(await idsOf(store)).toEqual(['ours']);
  });

  it('commits nothing into a transaction of the host that one of them has made endless, and ends that', async () => {
    const { dataSource, store } = await open();
    let throws = false;
    dataSource.subscribers.push({
      beforeTransactionStart() {
        if (throws) throw new Error('not now');
      },
    });
    const host = dataSource.transaction(async (tx) => {
      await tx.insert(SeenFeedback, seen('host'));
      throws = true;
      await tx.transaction(() => Promise.resolve()).catch(() => undefined);
      throws = false;
    });
    await expect(host).rejects.toThrow('Transaction is not started');
    const ours = insert(store, 'ours');
    const later = Date.now() + 11_000;
    jest.spyOn(Date, 'now').mockImplementation(() => later);
    await ours;
    await dataSource.destroy();
    await dataSource.initialize();
    expect(await idsOf(store)).toEqual(['ours']);
  });
});
