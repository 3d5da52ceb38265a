import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Not } from 'typeorm';
import { Clock } from '../clock.js';
import { describeError } from '../describe-error.js';
import { Leadership } from '../leadership/leadership.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { mountInterval, SES_SCHEDULER_REGISTRY, unmountInterval } from '../scheduler.js';
import { settledWithin } from '../settled-within.js';
import { Store } from '../store/store.js';
import { knownOptions } from '../suppression/suppression-input.js';
import { AccountListEntry } from './account-list-entry.entity.js';
import {
  AccountListTally,
  type AccountListPullOptions,
  type AccountListPushOptions,
  type AccountListResult,
  type AccountListStatus,
} from './account-list-result.js';
import { AccountListTurns, type AccountListTurn } from './account-list-turn.js';
import { IdleCalls } from './idle-calls.js';
import { enterRegion } from './mirrored-region.js';
import { countListed } from './plausible-removals.js';
import { AccountListPull } from './pull.js';
import { AccountListPush } from './push.js';
import { TAKEN_OVER, type RunContext, type Stopped } from './run-context.js';
import { SesAccountList } from './ses-account-list.js';

/** Name of the scheduled sync in Nest's `SchedulerRegistry`. */
export const ACCOUNT_LIST_SYNC = 'ses-reputation:account-list';

/** An application that closes waits no longer for a run: the next one goes on where it was. */
const CLOSING_MS = 5_000;

type Direction = 'pull' | 'push' | 'both';
type RunOptions = AccountListPullOptions & AccountListPushOptions;

/**
 * Keeps the suppression list and SES's own list of the account in step. Runs by hand work on every instance,
 * whatever `suppression.accountList` says; of two runs on one database the later one goes on where the other was.
 */
@Injectable()
export class AccountSuppressionSync implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private readonly closing = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private unfinished = 0;
  private readonly idle: IdleCalls;
  /** What was said last of each kind of trouble. */
  private readonly said = new Map<string, string>();

  constructor(
    @Inject(SES_SCHEDULER_REGISTRY) private readonly scheduler: SchedulerRegistry,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    private readonly leadership: Leadership,
    private readonly turns: AccountListTurns,
    private readonly list: SesAccountList,
    private readonly pulling: AccountListPull,
    private readonly pushing: AccountListPush,
    private readonly store: Store,
    private readonly clock: Clock,
  ) {
    this.idle = new IdleCalls(clock);
  }

  onApplicationBootstrap(): void {
    const { accountList } = this.options.suppression;
    if (accountList === null || this.options.background === null) return;
    this.leadership.beforeGivingBack(() => this.stop());
    mountInterval(this.scheduler, ACCOUNT_LIST_SYNC, accountList.everyMs, () => this.tick());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  private async stop(): Promise<void> {
    unmountInterval(this.scheduler, ACCOUNT_LIST_SYNC);
    this.closing.abort();
    await settledWithin(CLOSING_MS, this.running);
  }

  /**
   * Suppresses here, in every stream, what SES lists, and takes back what rests on nothing but entries that SES
   * lists no more. Goes on where an earlier pull ended early. Where it would remove more than 50 entries and more
   * than 20 % of them, it removes none, and says so in `held`: `acceptRemovals` removes them.
   *
   * @throws UnknownOptionError, StoreUnavailableError, and what `onProgress` throws
   */
  pull(options: AccountListPullOptions = {}): Promise<AccountListResult> {
    return this.byHand('pull', knownOptions(options, ['signal', 'onProgress', 'acceptRemovals']));
  }

  /**
   * Puts hard bounces and complaints on SES's list, and deletes from it what was released here.
   *
   * @throws UnknownOptionError, StoreUnavailableError, and what `onProgress` throws
   */
  push(options: AccountListPushOptions = {}): Promise<AccountListResult> {
    return this.byHand('push', knownOptions(options, ['signal', 'onProgress', 'retryRefused']));
  }

  /**
   * A pull and then a push, or what `suppression.accountList.direction` says.
   *
   * @throws UnknownOptionError, StoreUnavailableError, and what `onProgress` throws
   */
  sync(options: AccountListPushOptions = {}): Promise<AccountListResult> {
    const direction = this.options.suppression.accountList?.direction ?? 'both';
    return this.byHand(direction, knownOptions(options, ['signal', 'onProgress', 'retryRefused']));
  }

  /** @throws StoreUnavailableError */
  async status(): Promise<AccountListStatus> {
    const { claim, pull, pulledAt, pushedAt, held } = await this.turns.memory();
    const [listed, refused] = await this.store.read((manager) =>
      Promise.all([countListed(manager), manager.countBy(AccountListEntry, { state: Not('listed') })]),
    );
    return {
      running: claim !== null,
      listed,
      refused,
      pulledAt: dateOf(pulledAt),
      held: held?.entries ?? 0,
      pullingSince: dateOf(pull?.startedAt ?? null),
      pushedAt: dateOf(pushedAt),
      idle: this.idle.list(),
    };
  }

  private byHand(direction: Direction, options: RunOptions): Promise<AccountListResult> {
    return this.enqueue(async () => (await this.run(direction, options, null))!);
  }

  private tick(): void {
    const { token } = this.leadership;
    if (token === null || this.unfinished > 0) return;
    const { direction } = this.options.suppression.accountList!;
    this.enqueue(() => this.run(direction, {}, token)).then(
      (result) => this.report(result),
      (error: unknown) => {
        // Whoever leads now says what there is to say.
        if (this.leadership.token === token) this.say('error', '', `failed: ${describeError(error)}`);
      },
    );
  }

  private enqueue<T>(work: () => Promise<T>): Promise<T> {
    this.unfinished++;
    const run = this.running.then(work).finally(() => this.unfinished--);
    this.running = run.catch(() => undefined);
    return run;
  }

  /** @returns `null` where another run is at it, which a run with a token, a scheduled one, leaves to itself */
  private async run(
    direction: Direction,
    { signal, onProgress, retryRefused = false, acceptRemovals = false }: RunOptions,
    token: number | null,
  ): Promise<AccountListResult | null> {
    const signals = [this.closing.signal, ...(signal ? [signal] : [])];
    const tally = new AccountListTally();
    const ended = AbortSignal.any(signals);
    if (ended.aborted) return tally.result(ABORTED);
    const turn = await this.turns.take(token);
    if (turn === null) return null;
    const context: RunContext = {
      turn,
      tally,
      signal: ended,
      progress: () => onProgress?.(tally.counts()),
      acceptRemovals,
    };
    try {
      if (retryRefused) await this.pushing.forgetRefused(context);
      const moved = await enterRegion(context, await this.list.region());
      const stopped = moved ?? (await this.parts(direction, context));
      const result = tally.result(stopped && { reason: stopped.reason, message: stopped.message });
      if (direction !== 'push') this.sayHeld(result);
      return result;
    } catch (error) {
      if (ended.aborted && !isOurs(error)) return tally.result(ABORTED);
      throw error;
    } finally {
      await turn.end().catch(() => undefined);
    }
  }

  private async parts(direction: Direction, context: RunContext): Promise<Stopped | null> {
    const steps: [operation: string, step: () => Promise<Stopped | null>][] = [];
    const { pulling, pushing } = this;
    if (direction !== 'push') steps.push(['ListSuppressedDestinations', () => pulling.run(context)]);
    if (direction !== 'pull') {
      steps.push(['DeleteSuppressedDestination', () => pushing.run(context, 'delete')]);
      steps.push(['PutSuppressedDestination', () => pushing.run(context, 'put')]);
    }
    let first: Stopped | null = null;
    for (const [operation, step] of steps) {
      if (context.turn.token !== null && this.idle.has(operation)) {
        first ??= this.idle.stopped(operation);
        continue;
      }
      const stopped = await step();
      this.idle.note(operation, stopped);
      first ??= stopped;
      // What SES does not allow keeps nothing else from being done.
      if (stopped && stopped.operation === undefined) return first;
    }
    if (first === null && direction !== 'pull') return this.pushed(context.turn);
    return first;
  }

  private async pushed(turn: AccountListTurn): Promise<Stopped | null> {
    const committed = await turn.commit(async (_, memory) => {
      memory.pushedAt = this.clock.now();
    });
    return committed ? null : TAKEN_OVER;
  }

  private report(result: AccountListResult | null): void {
    if (result === null) return;
    const { stopped } = result;
    if (stopped?.reason === 'aborted' || stopped?.reason === 'taken-over') return;
    this.said.delete('error');
    if (result.rejected.length > 0) {
      const { address, why } = result.rejected[0]!;
      const others = result.rejected.length - 1 + (result.omitted ?? 0);
      this.say(
        'rejected',
        address,
        `passed over "${address}"${others > 0 ? ` and ${others} more` : ''}: ${why}`,
      );
    }
    if (stopped === null) this.said.delete('stopped');
    else {
      const later = stopped.reason === 'denied' || stopped.reason === 'sandbox' ? IN_A_DAY : SOON;
      this.say('stopped', stopped.reason, `ended early: ${stopped.message}; ${later}`);
    }
  }

  private sayHeld({ heldBecause, complete }: AccountListResult): void {
    if (heldBecause !== null) this.say('held', 'held', `removed nothing: ${heldBecause}`);
    else if (complete) this.said.delete('held');
  }

  /** Once for each cause, not each time. */
  private say(kind: 'error' | 'held' | 'rejected' | 'stopped', cause: string, what: string): void {
    if (this.said.get(kind) === cause) return;
    this.said.set(kind, cause);
    this.logger.warn(`The sync with SES’s suppression list ${what}`);
  }
}

const ABORTED: Stopped = { reason: 'aborted', message: 'it was asked to stop' };
const IN_A_DAY = 'that part is left out, and tried again in a day';
const SOON = 'it goes on there the next time';

function dateOf(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SES_');
}
