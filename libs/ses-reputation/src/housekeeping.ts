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
import { Store } from './store/store.js';

const NAME = 'ses-reputation:housekeeping';
const EVERY_MS = 3_600_000;

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
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    mountInterval(this.scheduler, NAME, EVERY_MS, () => {
      this.running = this.running.then(() => this.run());
    });
  }

  async onApplicationShutdown(): Promise<void> {
    unmountInterval(this.scheduler, NAME);
    await this.running;
  }

  async run(): Promise<void> {
    const chores = [
      () => this.feedback.prune(),
      () => this.idempotentSends.prune(),
      () => this.outbox.prune(),
      () => rollUp(this.store, this.clock.now()),
      () => keepPlaces(this.store, this.places, this.clock.now()),
    ];
    for (const chore of chores) {
      try {
        await chore();
      } catch (error) {
        this.logger.warn(`housekeeping failed, and is tried again in an hour: ${String(error)}`);
      }
    }
  }
}
