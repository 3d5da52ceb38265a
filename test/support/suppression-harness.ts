import { EventEmitter2 } from '@nestjs/event-emitter';
import { DataSource } from 'typeorm';
import { Clock } from '../../libs/ses-reputation/src/clock.js';
import { SES_REPUTATION_ENTITIES } from '../../libs/ses-reputation/src/entities.js';
import type { PendingEvent } from '../../libs/ses-reputation/src/events/ses-events.js';
import { sesReputationMigrations } from '../../libs/ses-reputation/src/migrations/index.js';
import { resolveOptions } from '../../libs/ses-reputation/src/options/resolve-options.js';
import type { SuppressionOptions } from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import { Store } from '../../libs/ses-reputation/src/store/store.js';
import { SuppressionLedger } from '../../libs/ses-reputation/src/suppression/suppression-ledger.js';
import { SuppressionService } from '../../libs/ses-reputation/src/suppression/suppression.service.js';
import type { DatabaseKind } from './databases.js';
import { emptyTables } from './open-data-source.js';
import { Outboxes } from './outbox.js';

/** A clock that stands still until it is moved. */
export class StoppedClock extends Clock {
  constructor(public nowMs = Date.UTC(2026, 4, 1)) {
    super();
  }

  override now(): number {
    return this.nowMs;
  }
}

/** The suppression list on a database of its own. */
export interface SuppressionHarness {
  dataSource: DataSource;
  store: Store;
  clock: StoppedClock;
  ledger: SuppressionLedger;
  suppression: SuppressionService;
  /** The same list as another instance of the application, or one with other options, has it. */
  instance(options?: SuppressionOptions): SuppressionService;
  /** What was raised since it was last asked for, with what is on its way. */
  raised(): Promise<PendingEvent[]>;
  /** Empties every table. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSuppression(
  kind: DatabaseKind,
  suppressionOptions: SuppressionOptions = {},
): Promise<SuppressionHarness> {
  const database = await kind.create();
  const dataSource = new DataSource({
    ...database.options,
    entities: SES_REPUTATION_ENTITIES,
    migrations: [...sesReputationMigrations],
    migrationsRun: true,
  });
  await dataSource.initialize();
  const store = new Store(dataSource);
  const clock = new StoppedClock();
  const emitter = new EventEmitter2();
  let events: PendingEvent[] = [];
  emitter.onAny((name, payload) => events.push({ name, payload } as PendingEvent));

  const outboxes = new Outboxes(emitter, store, clock);
  const build = (given: SuppressionOptions) => {
    const options = resolveOptions({
      streams: { transactional: { priority: 'critical' }, newsletter: { unsubscribe: true } },
      feedback: { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] },
      suppression: given,
    });
    const ledger = new SuppressionLedger(store, options, clock);
    const { outbox } = outboxes.of(options);
    return {
      ledger,
      suppression: new SuppressionService(store, ledger, outbox, clock, options),
    };
  };
  return {
    dataSource,
    store,
    clock,
    ...build(suppressionOptions),
    instance: (options = suppressionOptions) => build(options).suppression,
    raised: async () => {
      await outboxes.settled();
      const taken = events;
      events = [];
      return taken;
    },
    clear: async () => {
      await outboxes.settled();
      await emptyTables(dataSource);
      events = [];
    },
    stop: async () => {
      await outboxes.close();
      await dataSource.destroy();
      await database.drop();
    },
  };
}
