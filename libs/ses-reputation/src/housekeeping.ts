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
import { IdempotentSends } from './mailer/idempotent-sends.js';
import { rollUp } from './reputation/bucket-rollup.js';
import { DimensionPlaces } from './reputation/dimension-places.js';
import { keepPlaces } from './reputation/dimension-upkeep.js';
import { mountInterval, SES_SCHEDULER_REGISTRY, unmountInterval } from './scheduler.js';
import { settledWithin } from './settled-within.js';
import { BackgroundStore } from './store/background-store.js';
import { within } from './store/within.js';

const NAME = 'ses-reputation:housekeeping';
const EVERY_MS = 3_600_000;
/** A chore that hangs must not keep the others from being done. */
const CHORE_MS = 600_000;
/** An application that closes waits no longer: what is left is done by the next one. */
const CLOSING_MS = 5_000;

/** Once an hour: removes what its retention has passed, and merges old counts. Instances may do it at the same time. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(SES_SCHEDULER_REGISTRY) private readonly scheduler: SchedulerRegistry,
    private readonly feedback: FeedbackRetention,
    private readonly idempotentSends: IdempotentSends,
    private readonly outbox: OutboxService,
    private readonly places: DimensionPlaces,
    private readonly store: BackgroundStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    mountInterval(this.scheduler, NAME, EVERY_MS, () => {
      this.running = this.running.then(() => this.run());
    });
  }

  async onApplicationShutdown(): Promise<void> {
    unmountInterval(this.scheduler, NAME);
    await settledWithin(CLOSING_MS, this.running);
  }

  async run(): Promise<void> {
    const chores = [
      () => this.feedback.prune(),
      () => this.idempotentSends.prune(this.store),
      () => this.outbox.prune(this.store),
      () => rollUp(this.store, this.clock.now()),
      () => keepPlaces(this.store, this.places, this.clock.now()),
    ];
    for (const chore of chores) {
      try {
        await within(CHORE_MS, chore());
      } catch (error) {
        this.logger.warn(`housekeeping failed, and is tried again in an hour: ${String(error)}`);
      }
    }
  }
}
