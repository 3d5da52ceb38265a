import { randomUUID } from 'node:crypto';
import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';
import { domainOfKey } from '../../libs/ses-reputation/src/address/address-key.js';
import { SES_REPUTATION_ENTITIES } from '../../libs/ses-reputation/src/index.js';
import { OutboxEvent } from '../../libs/ses-reputation/src/events/outbox-event.entity.js';
import { FeedbackEvent } from '../../libs/ses-reputation/src/feedback/feedback-event.entity.js';
import { SeenFeedback } from '../../libs/ses-reputation/src/feedback/seen-feedback.entity.js';
import { sesReputationMigrations } from '../../libs/ses-reputation/src/migrations/index.js';
import {
  COUNTERS,
  ReputationBucket,
} from '../../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { insertAll, insertion, type Insertion } from '../../libs/ses-reputation/src/store/insert-rows.js';
import { SuppressedAddress } from '../../libs/ses-reputation/src/suppression/suppressed-address.entity.js';
import { SuppressionHistory } from '../../libs/ses-reputation/src/suppression/suppression-history.entity.js';

interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<unknown>;
}

interface SqliteConnection {
  prepare(text: string): { run(...values: unknown[]): unknown };
  exec(text: string): void;
}

/** The rows that hard bounces become, written by the driver in one transaction a group: no look-up, no rule, no JSON. */
export class GroupedDriver {
  private readonly statements = new Map<string, { run(...values: unknown[]): unknown }>();

  private constructor(
    private readonly dataSource: DataSource,
    private readonly client: PostgresClient | SqliteConnection,
  ) {}

  static async start(options: DataSourceOptions): Promise<GroupedDriver> {
    const dataSource = new DataSource({
      ...options,
      entities: SES_REPUTATION_ENTITIES,
      migrations: sesReputationMigrations,
      migrationsRun: true,
    });
    await dataSource.initialize();
    const client = (await dataSource.createQueryRunner().connect()) as PostgresClient | SqliteConnection;
    return new GroupedDriver(dataSource, client);
  }

  async write(group: readonly Insertion[]): Promise<void> {
    const run = async (text: string, values: unknown[] = []) => {
      if (!('prepare' in this.client)) return this.client.query(text, values);
      const statement = this.statements.get(text) ?? this.client.prepare(text);
      this.statements.set(text, statement);
      return statement.run(...values);
    };
    await run('BEGIN');
    await insertAll({ connection: this.dataSource, query: run } as unknown as EntityManager, group);
    await run('COMMIT');
  }

  stop(): Promise<void> {
    return this.dataSource.destroy();
  }
}

/** What is written for a group of bounces. */
export function rowsOfBounces(bounces: readonly string[]): Insertion[] {
  const at = new Date();
  const minute = new Date(Math.floor(at.getTime() / 60_000) * 60_000);
  const counts = Object.fromEntries(COUNTERS.map((counter) => [counter, 0]));
  const rows = bounces.map((raw) => {
    const [id, fact, history, first, second] = Array.from({ length: 5 }, () =>
      randomUUID().replaceAll('-', ''),
    );
    const address = `${id!.slice(0, 13)}@mail-${Number.parseInt(id!.slice(0, 4), 16) % 200}.example.com`;
    return { raw, id: id!, fact: fact!, history: history!, outbox: [first!, second!], address };
  });
  const dimensions = new Map<string, number>();
  for (const { address } of rows) {
    const domain = address.split('@')[1]!;
    for (const name of ['account', 'stream:transactional', `domain:${domain}`, 'provider:(other)']) {
      dimensions.set(name, (dimensions.get(name) ?? 0) + 1);
    }
  }
  const note = 'bounce Permanent/General, 5.1.1, smtp; 550 5.1.1 user unknown';
  const suppressed = { scope: '*', reason: 'hard-bounce' as const, note, actor: null };
  return [
    insertion(
      SeenFeedback,
      rows.flatMap(({ id, fact }) => [id, fact].map((id) => ({ id, key: null, sentAt: null, seenAt: at }))),
    ),
    insertion(
      FeedbackEvent,
      rows.map(({ id, address, raw }) => ({
        id,
        type: 'bounce' as const,
        category: 'hard',
        address,
        key: address,
        messageId: `0101-${id}`,
        feedbackId: `0100-${id}`,
        stream: 'transactional',
        at,
        sentAt: at,
        receivedAt: at,
        source: 'bench',
        subType: 'Permanent/General',
        status: '5.1.1',
        diagnostic: 'smtp; 550 5.1.1 user unknown',
        raw,
      })),
    ),
    insertion(
      SuppressedAddress,
      rows.map(({ address }) => ({
        ...suppressed,
        key: address,
        address,
        domain: domainOfKey(address),
        since: at,
        expiresAt: null,
      })),
    ),
    insertion(
      SuppressionHistory,
      rows.map(({ history, address }) => ({
        ...suppressed,
        id: history,
        key: address,
        address,
        action: 'added' as const,
        at,
      })),
    ),
    insertion(
      ReputationBucket,
      [...dimensions]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([dimension, hardBounces]) =>
          Object.assign({}, counts, { dimension, start: minute, minutes: 1, hardBounces }),
        ) as never,
      { keys: ['dimension', 'start', 'minutes'], add: COUNTERS } as never,
    ),
    insertion(
      OutboxEvent,
      rows.flatMap(({ outbox, address }) =>
        outbox.map((id, n) => ({
          id,
          app: 'default',
          name: n === 0 ? 'ses.bounce.hard' : 'ses.suppression.added',
          key: address,
          payload: JSON.stringify({
            id,
            at: { $date: at.getTime() },
            address,
            messageId: `0101-${id}`,
            note,
            stream: null,
          }),
          state: 'pending' as const,
          attempts: 0,
          dueAt: new Date(0),
          storedAt: at,
          error: null,
        })),
      ),
    ),
  ];
}
