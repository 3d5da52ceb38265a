import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock } from './clock.js';
import { OutboxService } from './events/outbox.service.js';
import { FeedbackRetention } from './feedback/feedback-retention.js';
import { Leadership } from './leadership/leadership.js';
import { IdempotentSends } from './mailer/idempotent-sends.js';
import { rollUp } from './reputation/bucket-rollup.js';
import { DimensionPlaces } from './reputation/dimension-places.js';
import { keepPlaces } from './reputation/dimension-upkeep.js';
import { mountInterval, SES_SCHEDULER_REGISTRY, unmountInterval } from './scheduler.js';
import { settledWithin } from './settled-within.js';
import { BackgroundStore } from './store/background-store.js';
import { givingWay, StoppedError, type GiveWay } from './store/giving-way.js';

const NAME = 'ses-reputation:housekeeping';
const EVERY_MS = 3_600_000;
/** After this process begins to lead: an application that is started more often than every hour is kept as well. */
const FIRST_MS = 60_000;
/** Of the database's time, so that feedback and mail hardly notice. */
export const HOUSEKEEPING_SHARE = 0.2;
/** An application that closes waits no longer: what is left is done by the next one. */
const CLOSING_MS = 5_000;

/**
 * Once an hour, in the instance that leads: removes what its retention has passed, and merges old counts. In small
 * steps with rests between them, until all is done or the application closes.
 */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private readonly closing = new AbortController();
  private running: Promise<void> | null = null;
  private first: NodeJS.Timeout | undefined;

  constructor(
    @Inject(SES_SCHEDULER_REGISTRY) private readonly scheduler: SchedulerRegistry,
    private readonly feedback: FeedbackRetention,
    private readonly idempotentSends: IdempotentSends,
    private readonly outbox: OutboxService,
    private readonly places: DimensionPlaces,
    private readonly store: BackgroundStore,
    private readonly clock: Clock,
    private readonly leadership: Leadership,
  ) {}

  onApplicationBootstrap(): void {
    mountInterval(this.scheduler, NAME, EVERY_MS, () => void this.start());
    this.leadership.onLead(() => {
      clearTimeout(this.first);
      this.first = setTimeout(() => void this.start(), FIRST_MS).unref();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    unmountInterval(this.scheduler, NAME);
    clearTimeout(this.first);
    this.closing.abort();
    await settledWithin(CLOSING_MS, this.running ?? Promise.resolve());
  }

  /** Goes on where another process has ended, for as long as this one leads. */
  start(): Promise<void> {
    this.running ??= this.run().finally(() => (this.running = null));
    return this.running;
  }

  private async run(): Promise<void> {
    const giveWay = givingWay({
      share: HOUSEKEEPING_SHARE,
      mayGoOn: () => this.leadership.token !== null,
      signal: this.closing.signal,
    });
    for (const chore of this.chores(giveWay)) {
      try {
        await chore();
      } catch (error) {
        if (error instanceof StoppedError) return;
        this.logger.warn(`housekeeping failed, and is tried again in an hour: ${String(error)}`);
      }
    }
  }

  /** Those that are done soon come first: a long one, after `retentionDays` was lowered, holds up nothing. */
  private chores(giveWay: GiveWay): (() => Promise<void>)[] {
    return [
      () => rollUp(this.store, this.clock.now(), giveWay),
      () => keepPlaces(this.store, this.places, this.clock.now(), giveWay),
      () => this.idempotentSends.prune(this.store, giveWay),
      () => this.outbox.prune(this.store, giveWay),
      () => this.feedback.prune(giveWay),
    ];
  }
}
