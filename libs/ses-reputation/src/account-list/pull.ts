import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { SuppressionLedger } from '../suppression/suppression-ledger.js';
import type { RunContext, Stopped } from './run-context.js';
import { stoppedBy, TAKEN_OVER } from './run-context.js';
import type { AccountListMemory, PullPosition } from './account-list-turn.js';
import { SesAccountList, type ListFailure } from './ses-account-list.js';
import { storePage } from './store-page.js';
import { removeVanished } from './vanished.js';

/** The first is the most that SES is said to give; where it gives less, the second is asked for. */
const PAGE_SIZES = [1_000, 100];
/** A list that could not be read through in so many attempts is left to the next run. */
const RESTARTS = 3;

/** Reads SES's list, a page and a transaction at a time. */
@Injectable()
export class AccountListPull {
  constructor(
    private readonly list: SesAccountList,
    private readonly ledger: SuppressionLedger,
    private readonly clock: Clock,
  ) {}

  /** @returns why it ended before its end; `null` if it did not */
  async run(context: RunContext): Promise<Stopped | null> {
    const begun = await context.turn.commit(async (_, memory) => this.begin(memory));
    if (!begun) return TAKEN_OVER;
    return (await this.readPages(context, begun.value)) ?? (await this.finish(context));
  }

  private begin(memory: AccountListMemory, { anew = false } = {}): PullPosition {
    if (memory.pull === null || anew) {
      memory.pull = { startedAt: this.clock.now(), token: null, listed: false };
      memory.run++;
    }
    return memory.pull;
  }

  private async readPages(context: RunContext, from: PullPosition): Promise<Stopped | null> {
    let position = from;
    let sizes = PAGE_SIZES;
    for (let restarts = 0; !position.listed;) {
      if (context.turn.lost) return TAKEN_OVER;
      const answer = await this.list.page(position.token, sizes[0]!, context.signal);
      if ('value' in answer) {
        const { entries, next } = answer.value;
        if (next !== null && next === position.token) return this.giveUp(context);
        const stored = await this.store(context, entries, next);
        if (!stored) return TAKEN_OVER;
        position = stored;
      } else if (position.token !== null && isAboutToken(answer.failure)) {
        if (++restarts > RESTARTS) return stoppedBy(answer.failure);
        const again = await context.turn.commit(async (_, memory) => this.begin(memory, { anew: true }));
        if (!again) return TAKEN_OVER;
        position = again.value;
      } else if (answer.failure.kind === 'refused' && sizes.length > 1) sizes = sizes.slice(1);
      else return stoppedBy(answer.failure);
    }
    return null;
  }

  /** One transaction: what the page brings about, and where the next one is. */
  private async store(
    { turn, tally, progress }: RunContext,
    page: Parameters<typeof storePage>[3]['page'],
    next: string | null,
  ): Promise<PullPosition | null> {
    const committed = await turn.commit(async (tx, memory, raise) => {
      const now = new Date(this.clock.now());
      const stored = await storePage(tx, raise, this.ledger, { page, run: memory.run, now });
      memory.pull = { ...this.begin(memory), token: next, listed: next === null };
      return { ...stored, position: memory.pull };
    });
    if (!committed) return null;
    const { added, rejected, position } = committed.value;
    tally.seen += page.length;
    tally.added += added;
    tally.reject(rejected);
    progress();
    return position;
  }

  private async giveUp({ turn }: RunContext): Promise<Stopped> {
    await turn.commit(async (_, memory) => {
      memory.pull = null;
    });
    return ENDLESS;
  }

  private async finish({ turn, tally, signal, progress }: RunContext): Promise<Stopped | null> {
    for (let left = true; left; progress()) {
      signal.throwIfAborted();
      const committed = await turn.commit(async (tx, memory, raise) => {
        const now = new Date(this.clock.now());
        const { startedAt } = this.begin(memory);
        const vanished = await removeVanished(tx, raise, this.ledger, { run: memory.run, startedAt, now });
        if (!vanished.left) {
          memory.pull = null;
          memory.pulledAt = +now;
        }
        return vanished;
      });
      if (!committed) return TAKEN_OVER;
      tally.removed += committed.value.removed;
      left = committed.value.left;
    }
    return null;
  }
}

const ENDLESS: Stopped = {
  reason: 'unavailable',
  message: 'SES gave the token of a page for the page behind it: the pull begins again the next time',
};

/** Amazon does not say whether a token that is too old is a bad one or a bad request. */
function isAboutToken({ kind }: ListFailure): boolean {
  return kind === 'bad-token' || kind === 'refused';
}
