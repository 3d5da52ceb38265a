import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { BackgroundStore } from '../store/background-store.js';
import type { GiveWay } from '../store/giving-way.js';
import { prune } from '../store/prune.js';
import type { Store } from '../store/store.js';
import { FeedbackEvent } from './feedback-event.entity.js';
import { SeenFeedback } from './seen-feedback.entity.js';

const DAY_MS = 86_400_000;
/** An SQS queue keeps a message for 14 days at most; after that no repetition can come. */
const SEEN_DAYS = 15;

/** Removes feedback whose time is over. Any number of instances may do so at the same time. */
@Injectable()
export class FeedbackRetention {
  constructor(
    @Inject(BackgroundStore) private readonly store: Store,
    private readonly clock: Clock,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @throws StoreUnavailableError, StoppedError: the rest is removed next time */
  async prune(giveWay?: GiveWay): Promise<void> {
    const { retentionDays } = this.options.feedback;
    const rows = { time: 'receivedAt', before: this.daysAgo(retentionDays) } as const;
    await prune(this.store, FeedbackEvent, rows, giveWay);
    await prune(
      this.store,
      SeenFeedback,
      {
        time: 'seenAt',
        before: this.daysAgo(SEEN_DAYS),
        // A delivery (only those have a time) between soft bounces keeps them from being a run: it is kept as long as they are.
        stays: (query) => {
          const softBounce = query
            .subQuery()
            .select('1')
            .from(FeedbackEvent, 'b')
            .where(`b.key = e.key AND b.type = 'bounce' AND b.category = 'soft'`);
          return `e.sentAt IS NOT NULL AND EXISTS ${softBounce.getQuery()}`;
        },
      },
      giveWay,
    );
  }

  /** Milliseconds since the epoch, as the columns hold them. */
  private daysAgo(days: number): number {
    return this.clock.now() - days * DAY_MS;
  }
}
