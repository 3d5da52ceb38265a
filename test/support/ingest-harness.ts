import { Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { DataSource } from 'typeorm';
import { SES_REPUTATION_ENTITIES } from '../../libs/ses-reputation/src/entities.js';
import type {
  PendingEvent,
  SesEventName,
  SesEvents,
} from '../../libs/ses-reputation/src/events/ses-events.js';
import { FeedbackEvent } from '../../libs/ses-reputation/src/feedback/feedback-event.entity.js';
import { FeedbackPulse } from '../../libs/ses-reputation/src/feedback/feedback-pulse.js';
import { FeedbackRetention } from '../../libs/ses-reputation/src/feedback/feedback-retention.js';
import { FeedbackService } from '../../libs/ses-reputation/src/feedback/feedback.service.js';
import { FeedbackIngest, type IngestOutcome } from '../../libs/ses-reputation/src/feedback/ingest.js';
import { resolveOptions } from '../../libs/ses-reputation/src/options/resolve-options.js';
import type { SesReputationOptions } from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import {
  COUNTERS,
  ReputationBucket,
  type Counter,
} from '../../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { DimensionPlaces } from '../../libs/ses-reputation/src/reputation/dimension-places.js';
import { ReputationLedger } from '../../libs/ses-reputation/src/reputation/reputation-ledger.js';
import { Store } from '../../libs/ses-reputation/src/store/store.js';
import { SuppressedAddress } from '../../libs/ses-reputation/src/suppression/suppressed-address.entity.js';
import { SuppressionLedger } from '../../libs/ses-reputation/src/suppression/suppression-ledger.js';
import { SuppressionService } from '../../libs/ses-reputation/src/suppression/suppression.service.js';
import type { DatabaseKind } from './databases.js';
import { emptyTables } from './open-data-source.js';
import { Outboxes } from './outbox.js';
import { StoppedClock } from './suppression-harness.js';

type Given = Partial<Omit<SesReputationOptions, 'feedback'>> & { feedback?: object };

/** Everything that takes feedback in, on a database of its own. */
export interface IngestHarness extends IngestParts {
  dataSource: DataSource;
  clock: StoppedClock;
  /** The same with other options, as another app on the same database has it. */
  withOptions(given: Given): IngestParts;
  rows(): Promise<FeedbackEvent[]>;
  /** What one dimension counts, over all time, without zeros. */
  counts(dimension?: string): Promise<Partial<Record<Counter, number>>>;
  buckets(): Promise<ReputationBucket[]>;
  /** `key scope reason` of each suppression. */
  suppressed(): Promise<string[]>;
  /** What was raised since it was last asked for, with what is on its way. */
  raised(): Promise<PendingEvent[]>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

interface IngestParts {
  take(event: object | string, source?: string): Promise<IngestOutcome>;
  service: FeedbackService;
  retention: FeedbackRetention;
  suppression: SuppressionService;
}

export async function startIngest(kind: DatabaseKind): Promise<IngestHarness> {
  Logger.overrideLogger(['warn', 'error']);
  const database = await kind.create();
  const dataSource = new DataSource({
    ...database.options,
    entities: SES_REPUTATION_ENTITIES,
    synchronize: true,
  });
  await dataSource.initialize();
  const store = new Store(dataSource);
  const clock = new StoppedClock(Date.UTC(2026, 2, 2));
  const emitter = new EventEmitter2();
  let events: PendingEvent[] = [];
  emitter.onAny((name, payload) => events.push({ name, payload } as PendingEvent));

  const pulses: FeedbackPulse[] = [];
  const outboxes = new Outboxes(emitter, store, clock);
  const withOptions = ({ feedback, ...given }: Given): IngestParts => {
    const options = resolveOptions({
      app: 'shop',
      streams: { transactional: { priority: 'critical' }, newsletter: { unsubscribe: true } },
      ...given,
      feedback: { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'], ...feedback },
    });
    const { outbox } = outboxes.of(options);
    const suppressions = new SuppressionLedger(store, options, clock);
    const reputation = new ReputationLedger(store, clock, new DimensionPlaces(store, clock, options));
    const pulse = new FeedbackPulse(store, clock);
    pulses.push(pulse);
    const ingest = new FeedbackIngest(clock, suppressions, reputation, outbox, options, pulse);
    return {
      take: (event, source = 'http') =>
        ingest.ingest(typeof event === 'string' ? event : JSON.stringify(event), { source }),
      service: new FeedbackService(ingest),
      retention: new FeedbackRetention(store, clock, options),
      suppression: new SuppressionService(store, suppressions, outbox, clock, options),
    };
  };
  return {
    dataSource,
    clock,
    ...withOptions({}),
    withOptions,
    rows: () => dataSource.manager.find(FeedbackEvent, { order: { at: 'ASC', id: 'ASC' } }),
    counts: async (dimension = 'account') => {
      const buckets = await dataSource.manager.findBy(ReputationBucket, { dimension });
      const sums = COUNTERS.map((counter) => [counter, buckets.reduce((sum, b) => sum + b[counter], 0)]);
      return Object.fromEntries(sums.filter(([, sum]) => sum !== 0));
    },
    buckets: () =>
      dataSource.manager.find(ReputationBucket, {
        order: { dimension: 'ASC', start: 'ASC', minutes: 'ASC' },
      }),
    suppressed: async () => {
      const rows = await dataSource.manager.find(SuppressedAddress);
      return rows.map(({ key, scope, reason }) => `${key} ${scope} ${reason}`).toSorted();
    },
    raised: async () => {
      await outboxes.settled();
      return events.splice(0);
    },
    clear: async () => {
      await outboxes.settled();
      await emptyTables(dataSource);
      events = [];
    },
    stop: async () => {
      await outboxes.close();
      for (const pulse of pulses) await pulse.beforeApplicationShutdown();
      await dataSource.destroy();
      await database.drop();
    },
  };
}

/** The payloads of one event among what was raised. */
export function payloads<N extends SesEventName>(raised: PendingEvent[], name: N): SesEvents[N][] {
  return raised.filter((event) => event.name === name).map(({ payload }) => payload as SesEvents[N]);
}
