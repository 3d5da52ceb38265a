import type { DataSource } from 'typeorm';
import type { PendingEvent } from '../../libs/ses-reputation/src/events/ses-events.js';
import type { AccountStatus } from '../../libs/ses-reputation/src/reputation/amazon/account-status.js';
import type { CheckFindings, CheckStep } from '../../libs/ses-reputation/src/reputation/check-step.js';
import {
  ReputationBucket,
  type Counter,
} from '../../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import type { ReputationReport } from '../../libs/ses-reputation/src/reputation/report.js';
import { Memory } from '../../libs/ses-reputation/src/store/memory.entity.js';
import { Store } from '../../libs/ses-reputation/src/store/store.js';
import type { DatabaseKind } from './databases.js';
import { openDataSource } from './open-data-source.js';

/** Counted mail, and a step of the check that looks at it. */
export class Watch {
  private checks = 0;

  private constructor(
    readonly dataSource: DataSource,
    readonly store: Store,
    private readonly drop: () => Promise<void>,
  ) {}

  static async on({ create }: DatabaseKind): Promise<Watch> {
    const database = await create();
    const dataSource = await openDataSource(database, { entityPrefix: 'my_' });
    return new Watch(dataSource, new Store(dataSource), () => database.drop());
  }

  /** Counts in the bucket that begins then, in milliseconds since the epoch. */
  async counted(
    start: number,
    counts: Partial<Record<Counter, number>>,
    { dimension = 'account', minutes = 1 } = {},
  ): Promise<void> {
    await this.dataSource.manager.insert(ReputationBucket, {
      dimension,
      start: new Date(start),
      minutes,
      ...counts,
    });
  }

  /** What a check at that time raises. */
  async check(
    step: CheckStep,
    now: number,
    account: Partial<AccountStatus> | null = null,
  ): Promise<PendingEvent['payload'][]> {
    const findings: CheckFindings = {
      now,
      id: `reputation:shop:${++this.checks}`,
      report: { account } as ReputationReport,
      amazonRates: null,
    };
    let raised: PendingEvent[] = [];
    await this.store.transaction(async (tx) => {
      raised = [];
      await step.decide(tx, findings, (events) => void raised.push(...events));
    });
    step.decided?.();
    return raised.map(({ payload }) => payload);
  }

  async clear(): Promise<void> {
    await this.dataSource.manager.clear(ReputationBucket);
    await this.dataSource.manager.clear(Memory);
  }

  async stop(): Promise<void> {
    await this.dataSource.destroy();
    await this.drop();
  }
}
