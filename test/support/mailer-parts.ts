import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Clock } from '../../libs/ses-reputation/src/clock.js';
import { SES_REPUTATION_ENTITIES } from '../../libs/ses-reputation/src/entities.js';
import { SesEventBus } from '../../libs/ses-reputation/src/events/ses-event-bus.js';
import { GuardGate } from '../../libs/ses-reputation/src/guard/guard-gate.js';
import { IdempotentSends } from '../../libs/ses-reputation/src/mailer/idempotent-sends.js';
import { MailerService } from '../../libs/ses-reputation/src/mailer/mailer.service.js';
import { resolveOptions } from '../../libs/ses-reputation/src/options/resolve-options.js';
import type { SesReputationOptions } from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import { SendRate } from '../../libs/ses-reputation/src/rate/send-rate.js';
import { AmazonWord } from '../../libs/ses-reputation/src/reputation/amazon/amazon-word.js';
import { DimensionPlaces } from '../../libs/ses-reputation/src/reputation/dimension-places.js';
import { ReputationLedger } from '../../libs/ses-reputation/src/reputation/reputation-ledger.js';
import { toSesClient } from '../../libs/ses-reputation/src/ses/ses-client.js';
import { Store } from '../../libs/ses-reputation/src/store/store.js';
import type { SuppressionReason } from '../../libs/ses-reputation/src/suppression/suppression-reason.js';
import { SuppressionLedger } from '../../libs/ses-reputation/src/suppression/suppression-ledger.js';

export interface RaisedEvent {
  name: string;
  payload: Record<string, unknown>;
}

/** A clock that goes as fast as the real one, from where a test has put it. */
export class AdjustableClock extends Clock {
  aheadMs = 0;

  override now(): number {
    return Date.now() + this.aheadMs;
  }
}

/** One instance of the application, as far as the mailer needs it. */
export interface MailerParts {
  mailer: MailerService;
  rate: SendRate;
  guard: GuardGate;
  idempotentSends: IdempotentSends;
  reputation: ReputationLedger;
  dataSource: DataSource;
  client: SESv2Client;
  clock: AdjustableClock;
  events: RaisedEvent[];
  emitter: EventEmitter2;
  suppress(
    key: string,
    options?: { scope?: string; reason?: SuppressionReason; since?: Date },
  ): Promise<void>;
  close(): Promise<void>;
}

export async function startMailer(
  database: DataSourceOptions,
  given: Partial<SesReputationOptions>,
): Promise<MailerParts> {
  const options = resolveOptions({
    from: 'Example <no-reply@example.com>',
    feedback: { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] },
    rate: false,
    ...given,
  });
  const dataSource = new DataSource({ ...database, entities: SES_REPUTATION_ENTITIES, synchronize: true });
  await dataSource.initialize();
  const clock = new AdjustableClock();
  const store = new Store(dataSource);
  const emitter = new EventEmitter2({ wildcard: true });
  const events: RaisedEvent[] = [];
  emitter.onAny((name, payload) => events.push({ name: String(name), payload }));
  const suppressions = new SuppressionLedger(store, options, clock);
  const reputation = new ReputationLedger(store, clock, new DimensionPlaces(store, clock, options));
  const idempotentSends = new IdempotentSends(store, clock, options);
  const client = toSesClient(options.client);
  const bus = new SesEventBus(emitter);
  const guard = new GuardGate(options, store, clock);
  await guard.onModuleInit();
  const rate = new SendRate(options, client, dataSource, new AmazonWord(options, client, clock), clock);
  const mailer = new MailerService(
    options,
    client,
    store,
    suppressions,
    reputation,
    idempotentSends,
    guard,
    bus,
    clock,
    rate,
  );
  return {
    mailer,
    rate,
    guard,
    idempotentSends,
    reputation,
    dataSource,
    client,
    clock,
    events,
    emitter,
    async suppress(key, { scope = '*', reason = 'hard-bounce', since = new Date(1_000) } = {}) {
      const entry = { key, address: key, scope, reason, since, eventId: `test:${key}:${scope}` };
      await store.transaction((tx) => suppressions.add(tx, [entry]));
    },
    async close() {
      await Promise.all([
        mailer.beforeApplicationShutdown(),
        rate.beforeApplicationShutdown(),
        guard.beforeApplicationShutdown(),
      ]);
      await Promise.all([mailer.onApplicationShutdown(), reputation.onApplicationShutdown()]);
      client.destroy();
      if (dataSource.isInitialized) await dataSource.destroy();
    },
  };
}
