import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { SuppressionLedger } from '../suppression/suppression-ledger.js';
import type { RunContext, Stopped } from './run-context.js';
import { stoppedBy, TAKEN_OVER } from './run-context.js';
import type { AccountListMemory, HeldEntries, PullPosition } from './account-list-turn.js';
import { SesAccountList, type ListFailure } from './ses-account-list.js';
import { storePage } from './store-page.js';
import { countListed, heldBecause, mostRemoved } from './plausible-removals.js';
import { countVanished, removeVanished } from './vanished.js';

/** The first is the most that SES is said to give; where it gives less, the second is asked for. */
const PAGE_SIZES = [1_000, 100];
/** A list that could not be read through in so many attempts is left to the next run. */
const RESTARTS = 3;
/** So many pages in a row without an entry that is new to the pull: they go round. Some may be empty, for all SES says. */
const MOST_STALE = 100;

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
    const begun = await context.turn.commit((tx, memory) => {
      const unread = memory.pull !== null && memory.pull.token === null && !memory.pull.listed;
      return this.begin(tx, memory, { anew: unread });
    });
    if (!begun) return TAKEN_OVER;
    return (await this.readPages(context, begun.value)) ?? (await this.finish(context));
  }

  private async begin(
    tx: EntityManager,
    memory: AccountListMemory,
    { anew = false } = {},
  ): Promise<PullPosition> {
    if (memory.pull === null || anew) {
      // What came in with an attempt before this one, or with a list that may be another's, was not there before.
      const known = memory.pull?.known ?? memory.held?.known ?? (await countListed(tx));
      memory.pull = { startedAt: this.clock.now(), known, token: null, listed: false, removing: false };
      memory.run++;
    }
    return memory.pull;
  }

  private async readPages(context: RunContext, from: PullPosition): Promise<Stopped | null> {
    let position = from;
    let sizes = PAGE_SIZES;
    let stale = 0;
    for (let restarts = 0; !position.listed;) {
      if (context.turn.lost) return TAKEN_OVER;
      const answer = await this.list.page(position.token, sizes[0]!, context.signal);
      if ('value' in answer) {
        const { next } = answer.value;
        const entries = answer.value.entries ?? (isEmpty(position, next) ? [] : null);
        if (entries === null) return NO_LIST;
        if (next !== null && next === position.token) return this.giveUp(context);
        const stored = await this.store(context, entries, next);
        if (!stored) return TAKEN_OVER;
        position = stored.position;
        stale = stored.fresh > 0 ? 0 : stale + 1;
        if (stale >= MOST_STALE && !position.listed) return this.giveUp(context);
      } else if (position.token !== null && isAboutToken(answer.failure)) {
        if (++restarts > RESTARTS) return stoppedBy(answer.failure);
        const again = await context.turn.commit((tx, memory) => this.begin(tx, memory, { anew: true }));
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
  ): Promise<{ position: PullPosition; fresh: number } | null> {
    const committed = await turn.commit(async (tx, memory, raise) => {
      const now = new Date(this.clock.now());
      const stored = await storePage(tx, raise, this.ledger, { page, run: memory.run, now });
      memory.pull = { ...(await this.begin(tx, memory)), token: next, listed: next === null };
      return { ...stored, position: memory.pull };
    });
    if (!committed) return null;
    const { added, rejected, position, fresh } = committed.value;
    tally.seen += page.length;
    tally.added += added;
    tally.reject(rejected);
    progress();
    return { position, fresh };
  }

  private async giveUp({ turn }: RunContext): Promise<Stopped> {
    const begun = await turn.commit((tx, memory) => this.begin(tx, memory, { anew: true }));
    return begun ? ENDLESS : TAKEN_OVER;
  }

  private async finish(context: RunContext): Promise<Stopped | null> {
    const decided = await this.decide(context);
    if (!decided) return TAKEN_OVER;
    return decided.value === null ? this.remove(context) : null;
  }

  /** What is held of that which has vanished: with that the pull ends. `null` if nothing is. */
  private async decide({
    turn,
    tally,
    acceptRemovals = false,
  }: RunContext): Promise<{ value: HeldEntries | null } | null> {
    const decided = await turn.commit(async (tx, memory) => {
      const pull = await this.begin(tx, memory);
      const { known, startedAt } = pull;
      const gone = pull.removing ? 0 : await countVanished(tx, { run: memory.run, startedAt });
      memory.held = acceptRemovals || gone <= mostRemoved(known) ? null : { entries: gone, known };
      if (memory.held === null) pull.removing = true;
      else this.end(memory);
      return memory.held;
    });
    if (decided?.value) tally.hold(decided.value.entries, heldBecause(decided.value));
    return decided;
  }

  private end(memory: AccountListMemory): void {
    memory.pull = null;
    memory.pulledAt = this.clock.now();
  }

  private async remove({ turn, tally, signal, progress }: RunContext): Promise<Stopped | null> {
    for (let left = true; left; progress()) {
      signal.throwIfAborted();
      const committed = await turn.commit(async (tx, memory, raise) => {
        const now = new Date(this.clock.now());
        const { startedAt } = await this.begin(tx, memory);
        const vanished = await removeVanished(tx, raise, this.ledger, { run: memory.run, startedAt, now });
        if (!vanished.left) this.end(memory);
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
  message: 'SES’s pages go round, and bring nothing new: the pull begins again the next time',
};
const NO_LIST: Stopped = {
  reason: 'unavailable',
  message: 'ListSuppressedDestinations was answered without a list: is it SES that answers?',
};

/** Amazon does not say whether an empty list is left out: one that had nothing before may be. */
function isEmpty({ known, token }: PullPosition, next: string | null): boolean {
  return known === 0 && token === null && next === null;
}

/** Amazon does not say whether a token that is too old is a bad one or a bad request. */
function isAboutToken({ kind }: ListFailure): boolean {
  return kind === 'bad-token' || kind === 'refused';
}
