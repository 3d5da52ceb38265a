import { GetAccountCommand, SESv2Client } from '@aws-sdk/client-sesv2';
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
import { EventOutbox } from '../events/event-outbox.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { mountInterval, SES_SCHEDULER_REGISTRY, unmountInterval } from '../scheduler.js';
import { SES_CLIENT } from '../ses/tokens.js';
import { Store } from '../store/store.js';
import { accountStatus, storedAccountStatus, type AccountStatus } from './account-status.js';
import { ACCOUNT } from './bucket-delta.js';
import { CHECK_STEPS, type CheckStep } from './check-step.js';
import { decide } from './decide.js';
import { measure } from './measure.js';
import { ReputationLedger } from './reputation-ledger.js';
import { reportOf, type ReputationReport } from './report.js';
import { readState, writeState } from './state-store.js';

/** Name of the scheduled check in Nest's `SchedulerRegistry`. */
export const REPUTATION_CHECK = 'ses-reputation:check';

const ACCOUNT_TIMEOUT_MS = 10_000;
/** Each time, one other instance has come through: so many never do in a row. */
const ATTEMPTS = 50;

/** Measures the account's rates at intervals, remembers the levels and raises what has changed. */
@Injectable()
export class ReputationCheck implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private readonly closing = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private unfinished = 0;
  private saidDenied = false;

  constructor(
    @Inject(SES_SCHEDULER_REGISTRY) private readonly scheduler: SchedulerRegistry,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SES_CLIENT) private readonly client: SESv2Client,
    private readonly store: Store,
    private readonly ledger: ReputationLedger,
    private readonly outbox: EventOutbox,
    private readonly clock: Clock,
    @Inject(CHECK_STEPS) private readonly steps: readonly CheckStep[],
  ) {}

  onApplicationBootstrap(): void {
    const everyMs = this.options.reputation.checkEveryMs;
    if (everyMs === null) return;
    mountInterval(this.scheduler, REPUTATION_CHECK, everyMs, () => this.tick());
  }

  async beforeApplicationShutdown(): Promise<void> {
    unmountInterval(this.scheduler, REPUTATION_CHECK);
    this.closing.abort();
    await this.running;
  }

  /**
   * Does one check now, after any that runs.
   *
   * @throws StoreUnavailableError if the counts can't be read, or what was decided can't be stored
   */
  check(): Promise<ReputationReport> {
    this.unfinished++;
    const check = this.running.then(() => this.checkOnce()).finally(() => this.unfinished--);
    this.running = check.catch(() => undefined);
    return check;
  }

  private tick(): void {
    if (this.unfinished > 0) return;
    this.check().catch((error: unknown) => {
      this.logger.error(`The check of the reputation failed, and is done again in time: ${String(error)}`);
    });
  }

  private async checkOnce(): Promise<ReputationReport> {
    await this.ledger.flush();
    const account = await this.askAmazon();
    return this.record(account);
  }

  /** Decides until no other instance came between reading the last decision and storing the new one. */
  private async record(answer: AccountStatus | null): Promise<ReputationReport> {
    const { reputation: rules } = this.options;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const state = await this.store.read(readState);
      const now = this.clock.now();
      // Measured after the state was read: so a decision never rests on counts older than the one before it.
      const measured = await this.store.read((manager) =>
        measure(manager, ACCOUNT, { at: now, upTo: now, volume: rules.windowVolume }),
      );
      const account = answer ?? storedAccountStatus(state.account);
      const report = reportOf(measured, now, rules, state, account);
      const { next, events } = decide(state, report, rules, now);
      const findings = { now, report };
      const stored = await this.outbox.commit(async (tx, raise) => {
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

  /** `null` if Amazon does not say: what it said last still stands. */
  private async askAmazon(): Promise<AccountStatus | null> {
    const timeout = AbortSignal.timeout(ACCOUNT_TIMEOUT_MS);
    try {
      const abortSignal = AbortSignal.any([timeout, this.closing.signal]);
      const output = await this.client.send(new GetAccountCommand({}), { abortSignal });
      return accountStatus(output, this.clock.now());
    } catch (error) {
      if (!this.closing.signal.aborted) this.sayUnanswered(error);
      return null;
    }
  }

  private sayUnanswered(error: unknown): void {
    const denied = error instanceof Error && error.name.startsWith('AccessDenied');
    if (!denied) {
      this.logger.warn(`SES did not say how the account stands: ${String(error)}`);
      return;
    }
    if (!this.saidDenied)
      this.logger.warn('IAM forbids ses:GetAccount: reports have no "account" until it is allowed');
    this.saidDenied = true;
  }
}
