import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock } from '../clock.js';
import { StoreUnavailableError } from '../errors.js';
import { BackgroundOutbox, BoundedOutbox } from '../events/bounded-outbox.js';
import type { EventOutbox } from '../events/event-outbox.js';
import { outboxCounts } from '../events/outbox-counts.js';
import { LeaseLostError } from '../leadership/lease-lost.error.js';
import { Leadership } from '../leadership/leadership.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { mountInterval, SES_SCHEDULER_REGISTRY, unmountInterval } from '../scheduler.js';
import { settledWithin } from '../settled-within.js';
import { BackgroundStore } from '../store/background-store.js';
import { BoundedStore } from '../store/bounded-store.js';
import type { Store } from '../store/store.js';
import { newestStatus, storedAccountStatus } from './amazon/account-status.js';
import { knownRates } from './amazon/amazon-memory.js';
import { AmazonWord, type AmazonAnswer } from './amazon/amazon-word.js';
import { ACCOUNT } from './dimension.js';
import { CHECK_STEPS, type CheckStep } from './check-step.js';
import { checkId, decide } from './decide.js';
import { measure } from './measure.js';
import { ReputationLedger } from './reputation-ledger.js';
import { reportOf, type ReputationReport } from './report.js';
import { readState, writeState } from './state-store.js';

/** Name of the scheduled check in Nest's `SchedulerRegistry`. */
export const REPUTATION_CHECK = 'ses-reputation:check';

/** Each time, one other instance has come through: so many never do in a row. */
const ATTEMPTS = 50;
/** An application that closes waits no longer for a check. */
const CLOSING_MS = 5_000;

/**
 * Measures the account's rates, remembers the levels and raises what has changed: at intervals on the instance that
 * leads, and when asked on any.
 */
@Injectable()
export class ReputationCheck implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private readonly closing = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private unfinished = 0;
  private complained = false;

  constructor(
    @Inject(SES_SCHEDULER_REGISTRY) private readonly scheduler: SchedulerRegistry,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    private readonly amazon: AmazonWord,
    @Inject(BoundedStore) private readonly store: Store,
    private readonly ledger: ReputationLedger,
    @Inject(BoundedOutbox) private readonly outbox: EventOutbox,
    private readonly clock: Clock,
    @Inject(CHECK_STEPS) private readonly steps: readonly CheckStep[],
    private readonly leadership: Leadership,
    @Inject(BackgroundStore) private readonly scheduledStore: Store = store,
    @Inject(BackgroundOutbox) private readonly scheduledOutbox: EventOutbox = outbox,
  ) {}

  onApplicationBootstrap(): void {
    const everyMs = this.options.reputation.checkEveryMs;
    if (everyMs === null) return;
    this.leadership.beforeGivingBack(() => this.stop());
    mountInterval(this.scheduler, REPUTATION_CHECK, everyMs, () => this.tick());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /**
   * Does one check now, after any that runs.
   *
   * @throws StoreUnavailableError if the counts can't be read, or what was decided can't be stored
   */
  check(): Promise<ReputationReport> {
    return this.begin(null);
  }

  private async stop(): Promise<void> {
    unmountInterval(this.scheduler, REPUTATION_CHECK);
    this.closing.abort();
    await settledWithin(CLOSING_MS, this.running);
  }

  private tick(): void {
    const { token } = this.leadership;
    if (token === null || this.unfinished > 0) return;
    this.begin(token).then(
      () => (this.complained = false),
      (error: unknown) => {
        // Whoever leads now has checked, or is about to.
        if (error instanceof LeaseLostError) return;
        this.complain(error);
      },
    );
  }

  /** Once, until a check succeeds. */
  private complain(error: unknown): void {
    if (this.complained) return;
    this.complained = true;
    this.logger.error(`The check of the reputation failed, and is done again in time: ${String(error)}`);
  }

  /** A check by hand waits for a lock on SQLite. */
  private doors(token: number | null): { store: Store; outbox: EventOutbox } {
    return token === null
      ? { store: this.store, outbox: this.outbox }
      : { store: this.scheduledStore, outbox: this.scheduledOutbox };
  }

  /** @param token of the leader whose check it is; `null`: one by hand */
  private begin(token: number | null): Promise<ReputationReport> {
    this.unfinished++;
    const check = this.running.then(() => this.checkOnce(token)).finally(() => this.unfinished--);
    this.running = check.catch(() => undefined);
    return check;
  }

  private async checkOnce(token: number | null): Promise<ReputationReport> {
    const { store } = this.doors(token);
    await this.ledger.flush(store);
    const { account } = await store.read((manager) => readState(manager, this.options.app));
    const answer = await this.amazon.ask(storedAccountStatus(account), this.closing.signal);
    return this.record(answer, token);
  }

  /** Decides until no other instance came between reading the last decision and storing the new one. */
  private async record(answer: AmazonAnswer, token: number | null): Promise<ReputationReport> {
    const { app, reputation: rules } = this.options;
    const { store, outbox } = this.doors(token);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const state = await store.read((manager) => readState(manager, app));
      const now = this.clock.now();
      // Measured after the state was read: so a decision never rests on counts older than the one before it.
      const measured = await store.read((manager) =>
        measure(manager, ACCOUNT, { at: now, upTo: now, volume: rules.windowVolume }),
      );
      const account = newestStatus(storedAccountStatus(state.account), answer.account);
      const amazon = answer.rates ?? (await store.read((manager) => knownRates(manager, this.options)));
      const waiting = await store.read((manager) => outboxCounts(manager, app));
      const report = reportOf(measured, now, rules, state, account, amazon, waiting);
      const { next, events } = decide(state, report, rules, { app, now });
      const findings = { now, id: checkId(app, next.version), report, amazonRates: answer.rates };
      const stored = await outbox.commit(async (tx, raise) => {
        if (token !== null) await this.leadership.fence(tx, token);
        if (!(await writeState(tx, next))) return false;
        raise(events);
        for (const step of this.steps) await step.decide(tx, findings, raise);
        return true;
      });
      if (!stored) continue;
      for (const step of this.steps) step.decided?.();
      return report;
    }
    throw new StoreUnavailableError('the reputation could not be recorded: other instances keep changing it');
  }
}
