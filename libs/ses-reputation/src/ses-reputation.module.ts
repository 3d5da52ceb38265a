import { Module, type DynamicModule } from '@nestjs/common';
import { AccountListPull } from './account-list/pull.js';
import { AccountListPush } from './account-list/push.js';
import { AccountListTurns } from './account-list/account-list-turn.js';
import { AccountSuppressionSync } from './account-list/account-suppression-sync.js';
import { SesAccountList } from './account-list/ses-account-list.js';
import { Clock } from './clock.js';
import { SesReputationConfigError } from './errors.js';
import { EventDispatcher } from './events/event-dispatcher.js';
import { BackgroundOutbox, BoundedOutbox } from './events/bounded-outbox.js';
import { EventOutbox } from './events/event-outbox.js';
import { DEFAULT_OUTBOX_LIMITS, OUTBOX_LIMITS } from './events/outbox-limits.js';
import { OutboxService } from './events/outbox.service.js';
import { OutboxTable } from './events/outbox-table.js';
import { SesEventBus } from './events/ses-event-bus.js';
import { FeedbackPulse } from './feedback/feedback-pulse.js';
import { FeedbackIngest } from './feedback/ingest.js';
import { IngestOutbox } from './feedback/ingest-outbox.js';
import { FeedbackRetention } from './feedback/feedback-retention.js';
import { FeedbackService } from './feedback/feedback.service.js';
import { QueueDoor } from './feedback/queue-door.js';
import { Housekeeping } from './housekeeping.js';
import { GuardGate } from './guard/guard-gate.js';
import { GuardService } from './guard/guard.service.js';
import { GuardStep } from './guard/guard-step.js';
import { IdempotentSends } from './mailer/idempotent-sends.js';
import { LeaseStore } from './leadership/lease-store.js';
import { Leadership } from './leadership/leadership.js';
import { MailerService } from './mailer/mailer.service.js';
import { resolveOptions } from './options/resolve-options.js';
import { SES_OPTIONS } from './options/ses-reputation-options.js';
import { SendRate } from './rate/send-rate.js';
import { AmazonWord } from './reputation/amazon/amazon-word.js';
import { DifferenceStep } from './reputation/amazon/difference-step.js';
import { CHECK_STEPS, type CheckStep } from './reputation/check-step.js';
import { ReputationCheck } from './reputation/reputation-check.js';
import { DimensionPlaces } from './reputation/dimension-places.js';
import { ReputationLedger } from './reputation/reputation-ledger.js';
import { ReputationService } from './reputation/reputation.service.js';
import { SilenceStep } from './reputation/watch/silence-step.js';
import { UnaccountedStep } from './reputation/watch/unaccounted-step.js';
import { ApiPace } from './ses/api-pace.js';
import { sesClientProvider } from './ses/ses-client.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  type ASYNC_OPTIONS_TYPE,
} from './ses-reputation.module-definition.js';
import { BackgroundStore } from './store/background-store.js';
import { BoundedStore, DEFAULT_STORE_LIMITS, STORE_LIMITS } from './store/bounded-store.js';
import { Store } from './store/store.js';
import { SuppressionLedger } from './suppression/suppression-ledger.js';
import { SuppressionService } from './suppression/suppression.service.js';
import { TablesCheck } from './tables-check.js';

/**
 * Keeps an Amazon SES account alive: a mailer that never mails a suppressed address, a controller for SES
 * feedback over SNS, and bounce and complaint rates as Amazon sees them. The host imports
 * `TypeOrmModule.forRoot`, `EventEmitterModule.forRoot` and `ScheduleModule.forRoot` itself.
 */
@Module({
  providers: [
    { provide: SES_OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: resolveOptions },
    Clock,
    Store,
    { provide: STORE_LIMITS, useValue: DEFAULT_STORE_LIMITS },
    BoundedStore,
    BackgroundStore,
    SesEventBus,
    LeaseStore,
    Leadership,
    { provide: OUTBOX_LIMITS, useValue: DEFAULT_OUTBOX_LIMITS },
    OutboxTable,
    EventDispatcher,
    EventOutbox,
    BoundedOutbox,
    BackgroundOutbox,
    OutboxService,
    sesClientProvider,
    ApiPace,
    SuppressionLedger,
    SuppressionService,
    SesAccountList,
    AccountListTurns,
    AccountListPull,
    AccountListPush,
    AccountSuppressionSync,
    DimensionPlaces,
    ReputationLedger,
    ReputationService,
    AmazonWord,
    DifferenceStep,
    GuardGate,
    GuardStep,
    GuardService,
    SilenceStep,
    UnaccountedStep,
    {
      provide: CHECK_STEPS,
      inject: [DifferenceStep, GuardStep, SilenceStep, UnaccountedStep],
      useFactory: (...steps: CheckStep[]) => steps,
    },
    ReputationCheck,
    FeedbackPulse,
    IngestOutbox,
    FeedbackIngest,
    FeedbackService,
    FeedbackRetention,
    QueueDoor,
    IdempotentSends,
    SendRate,
    MailerService,
    Housekeeping,
    TablesCheck,
  ],
  exports: [
    MailerService,
    SuppressionService,
    AccountSuppressionSync,
    ReputationService,
    GuardService,
    FeedbackService,
    OutboxService,
  ],
})
export class SesReputationModule extends ConfigurableModuleClass {
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    if (!options.useFactory && !options.useClass && !options.useExisting) {
      throw new SesReputationConfigError('forRootAsync needs one of useFactory, useClass and useExisting');
    }
    return super.forRootAsync(options);
  }
}
