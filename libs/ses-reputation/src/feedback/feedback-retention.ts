import { Inject, Injectable } from '@nestjs/common';
import { In, type EntityTarget, type FindOptionsWhere, type SelectQueryBuilder } from 'typeorm';
import { Clock } from '../clock.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { BackgroundStore } from '../store/background-store.js';
import type { Store } from '../store/store.js';
import { FeedbackEvent } from './feedback-event.entity.js';
import { SeenFeedback } from './seen-feedback.entity.js';

const DAY_MS = 86_400_000;
/** An SQS queue keeps a message for 14 days at most; after that no repetition can come. */
const SEEN_DAYS = 15;
/** So many rows a transaction, so that no one waits long for a lock. */
const STEP = 1_000;

/** Removes feedback whose time is over. Any number of instances may do so at the same time. */
@Injectable()
export class FeedbackRetention {
  constructor(
    @Inject(BackgroundStore) private readonly store: Store,
    private readonly clock: Clock,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @throws StoreUnavailableError: the rest is removed next time */
  async prune(): Promise<void> {
    const { retentionDays } = this.options.feedback;
    await this.remove(FeedbackEvent, (rows) =>
      rows.where('e.receivedAt < :before', { before: this.daysAgo(retentionDays) }),
    );
    await this.remove(SeenFeedback, (rows) =>
      rows
        .where('e.seenAt < :before', { before: this.daysAgo(SEEN_DAYS) })
        // A delivery (only those have a time) between soft bounces keeps them from being a run: it is kept as long as they are.
        .andWhere((query) => {
          const softBounce = query
            .subQuery()
            .select('1')
            .from(FeedbackEvent, 'b')
            .where(`b.key = e.key AND b.type = 'bounce' AND b.category = 'soft'`);
          return `(e.sentAt IS NULL OR NOT EXISTS ${softBounce.getQuery()})`;
        }),
    );
  }

  /** Milliseconds since the epoch, as the columns hold them. */
  private daysAgo(days: number): number {
    return this.clock.now() - days * DAY_MS;
  }

  private async remove<T extends { id: string }>(
    entity: EntityTarget<T>,
    where: (rows: SelectQueryBuilder<T>) => SelectQueryBuilder<T>,
  ): Promise<void> {
    for (let removed = STEP; removed === STEP;) {
      removed = await this.store.transaction(async (tx) => {
        const rows = await where(tx.createQueryBuilder(entity, 'e').select('e.id')).limit(STEP).getMany();
        const ids = rows.map(({ id }) => id);
        if (ids.length > 0) await tx.delete(entity, { id: In(ids) } as FindOptionsWhere<T>);
        return ids.length;
      });
    }
  }
}
