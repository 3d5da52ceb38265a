import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { FeedbackRetention } from './feedback/feedback-retention.js';
import { IdempotentSends } from './mailer/idempotent-sends.js';
import { SES_SCHEDULER_REGISTRY } from './reputation/tokens.js';

const NAME = 'ses-reputation:housekeeping';
const EVERY_MS = 3_600_000;

/** Once an hour: removes what its retention has passed. Instances may do it at the same time. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(SES_SCHEDULER_REGISTRY) private readonly scheduler: SchedulerRegistry,
    private readonly feedback: FeedbackRetention,
    private readonly idempotentSends: IdempotentSends,
  ) {}

  onApplicationBootstrap(): void {
    this.scheduler.addInterval(
      NAME,
      setInterval(() => {
        this.running = this.running.then(() => this.run());
      }, EVERY_MS),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.scheduler.doesExist('interval', NAME)) this.scheduler.deleteInterval(NAME);
    await this.running;
  }

  async run(): Promise<void> {
    for (const prune of [() => this.feedback.prune(), () => this.idempotentSends.prune()]) {
      try {
        await prune();
      } catch (error) {
        this.logger.warn(`housekeeping failed, and is tried again in an hour: ${String(error)}`);
      }
    }
  }
}
