import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { AddSuppressionDomain1795658400000, sesReputationMigrations } from 'nestjs-ses-reputation/migrations';
import { SES_REPUTATION_ENTITIES } from '../libs/ses-reputation/src/entities.js';
import { FeedbackEvent } from '../libs/ses-reputation/src/feedback/feedback-event.entity.js';
import { IdempotentSend } from '../libs/ses-reputation/src/mailer/idempotent-send.entity.js';
import { ReputationBucket } from '../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { ReputationState } from '../libs/ses-reputation/src/reputation/reputation-state.entity.js';
import { SuppressedAddress } from '../libs/ses-reputation/src/suppression/suppressed-address.entity.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';

/** What `migration:generate` would write. */
async function difference(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

/** Those of the entities' tables that are there. */
async function tables(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  const there: string[] = [];
  for (const { tableName } of dataSource.entityMetadatas) {
    if (await runner.hasTable(tableName)) there.push(tableName);
  }
  await runner.release();
  return there;
}

describe.each(databaseKinds())('the migrations on $name', ({ name, create }) => {
  let database: TestDatabase;
  const open: DataSource[] = [];
  beforeEach(async () => {
    database = await create();
  });
  afterEach(async () => {
    for (const dataSource of open.splice(0)) await dataSource.destroy();
    await database.drop();
  });

  async function connect(options: Partial<DataSourceOptions> = {}): Promise<DataSource> {
    const dataSource = new DataSource({
      ...database.options,
      entities: SES_REPUTATION_ENTITIES,
      migrations: [...sesReputationMigrations],
      ...options,
    } as DataSourceOptions);
    await dataSource.initialize();
    open.push(dataSource);
    return dataSource;
  }

  it('make what the entities need, so that nothing is left to generate, and take it away again', async () => {
    const dataSource = await connect();
    expect(await difference(dataSource)).not.toEqual([]);
    await dataSource.runMigrations();
    expect(await difference(dataSource)).toEqual([]);
    expect(await tables(dataSource)).toHaveLength(SES_REPUTATION_ENTITIES.length);
    for (const _ of sesReputationMigrations) await dataSource.undoLastMigration();
    expect(await tables(dataSource)).toEqual([]);
  });

  it('do the same under an entity prefix', async () => {
    const dataSource = await connect({ entityPrefix: 'app_' });
    await dataSource.runMigrations();
    expect(await difference(dataSource)).toEqual([]);
    expect(await tables(dataSource)).toContain('app_ses_suppressed_address');
    for (const _ of sesReputationMigrations) await dataSource.undoLastMigration();
    expect(await tables(dataSource)).toEqual([]);
  });

  it('take over from synchronize', async () => {
    const before = await connect({ synchronize: true });
    await before.manager.insert(IdempotentSend, {
      id: 'x',
      state: 'done',
      receipt: null,
      expiresAt: new Date(0),
    });
    await before.runMigrations();
    expect(await before.manager.count(IdempotentSend)).toBe(1);
    expect(await difference(before)).toEqual([]);
  });

  it('give the addresses that are on the list their domain', async () => {
    const dataSource = await connect();
    await dataSource.runMigrations();
    const keys = ['ann@example.com', '"a@b"@xn--bcher-kva.example', `h:${'0'.repeat(64)}`];
    for (const key of keys) {
      await dataSource.manager.insert(SuppressedAddress, {
        key,
        scope: '*',
        address: '',
        reason: 'manual',
        since: new Date(0),
      });
    }
    const { length } = sesReputationMigrations;
    const steps = length - sesReputationMigrations.indexOf(AddSuppressionDomain1795658400000);
    for (let i = 0; i < steps; i++) await dataSource.undoLastMigration();
    await dataSource.runMigrations();
    const rows = await dataSource.manager.find(SuppressedAddress);
    expect(new Map(rows.map(({ key, domain }) => [key, domain]))).toEqual(
      new Map([
        [keys[0], 'example.com'],
        [keys[1], 'xn--bcher-kva.example'],
        [keys[2], ''],
      ]),
    );
    expect(await difference(dataSource)).toEqual([]);
  });

  it('make tables that hold what the entities say', async () => {
    const { manager } = await connect({ migrationsRun: true });
    const at = new Date(Date.UTC(2026, 4, 1, 12, 0, 0, 789));
    const longest = `${'a'.repeat(64)}@${'b'.repeat(255)}`;
    const address: SuppressedAddress = {
      key: longest,
      scope: 's'.repeat(64),
      address: '漢'.repeat(320),
      domain: 'b'.repeat(255),
      reason: 'account-list',
      since: at,
      expiresAt: null,
      note: '😀'.repeat(500),
      actor: 'É',
    };
    await manager.insert(SuppressedAddress, address);
    await manager.insert(SuppressedAddress, { ...address, scope: '*', expiresAt: at });
    expect(await manager.findBy(SuppressedAddress, { key: longest, scope: address.scope })).toEqual([
      address,
    ]);

    const event: FeedbackEvent = {
      id: 'f'.repeat(32),
      type: 'rendering-failure',
      category: null,
      address: null,
      key: null,
      messageId: 'm'.repeat(255),
      feedbackId: null,
      stream: 'é',
      at,
      sentAt: null,
      receivedAt: at,
      source: 'http',
      subType: null,
      status: null,
      diagnostic: null,
      raw: '漢'.repeat(20_000),
    };
    await manager.insert(FeedbackEvent, event);
    expect(await manager.findBy(FeedbackEvent, { id: event.id })).toEqual([event]);

    await manager.insert(ReputationBucket, { dimension: `domain:${'é'.repeat(257)}`, start: at, minutes: 1 });
    expect(await manager.find(ReputationBucket)).toMatchObject([{ start: at, sent: 0, clicks: 0 }]);
    await manager.insert(ReputationState, { name: 'account', updatedAt: at });
    expect(await manager.find(ReputationState)).toMatchObject([{ bounceLevel: 'healthy', version: 0 }]);
  });

  if (name === 'MariaDB') {
    it.each(['latin1 collate latin1_swedish_ci', 'utf8mb4 collate utf8mb4_lithuanian_ci'])(
      'keep keys apart and hold every name where the server has character set %s',
      async (charset) => {
        const dataSource = await connect();
        const [{ db }] = await dataSource.query('select database() as db');
        await dataSource.query(`alter database ${db} character set ${charset}`);
        await dataSource.runMigrations();
        const suppressed = { scope: '*', reason: 'manual', since: new Date(0) } as const;
        await dataSource.manager.insert(SuppressedAddress, [
          { ...suppressed, key: 'may@example.com', address: '漢😀' },
          { ...suppressed, key: 'mai@example.com', address: 'é' },
        ]);
        const found = await dataSource.manager.findBy(SuppressedAddress, { key: 'may@example.com' });
        expect(found.map(({ address }) => address)).toEqual(['漢😀']);
      },
    );
  }
});
