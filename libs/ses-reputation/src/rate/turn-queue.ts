import type { StreamPriority } from '../options/ses-reputation-options.js';
import { SlidingWindow } from './sliding-window.js';
import { TurnRefusedError } from './turn-refused.error.js';

interface Waiting {
  emails: number;
  priority: StreamPriority;
  go(): void;
  refuse(error: TurnRefusedError): void;
  /** Since when it is the next of its kind, and what had gone before it then. */
  nextSince: { ms: number; gone: number } | null;
}

/** Emails since it was last asked. */
export interface Demand {
  critical: number;
  others: number;
}

const ORDER: readonly StreamPriority[] = ['critical', 'normal', 'bulk'];
/** A rate of none is looked at again then, at the latest. */
const LONGEST_MS = 1_000;

/**
 * The sends of this process in the order they go: critical ones first, then normal, then bulk, and of each kind the
 * one that came first. All that are not critical leave the last part of each second to those that are.
 *
 * A message to many needs much of a second for itself, which a trickle of what goes before it would never leave. So it
 * is its turn when it has waited for as long as the rest of the rate takes for it: then others wait until it is gone.
 */
export class TurnQueue {
  private readonly all = new SlidingWindow();
  /** The same mail, with room for less. */
  private readonly unreserved = new SlidingWindow();
  private readonly queues: Record<StreamPriority, Waiting[]> = { critical: [], normal: [], bulk: [] };
  private timer: NodeJS.Timeout | undefined;
  private admitted: Demand = { critical: 0, others: 0 };
  /** Emails in the queues. */
  private readonly held: Record<StreamPriority, number> = { critical: 0, normal: 0, bulk: 0 };
  /** Emails that ever went, and those that went in the last second as critical. */
  private readonly total: Record<StreamPriority, number> = { critical: 0, normal: 0, bulk: 0 };
  private readonly critical = new SlidingWindow();
  private closed = false;

  /**
   * @param reserve share of the rate that is kept for critical mail
   * @param maxWaitMs a send that has waited for so long is refused; `null`: none is
   */
  constructor(
    private readonly reserve: number,
    private readonly maxWaitMs: number | null = null,
  ) {}

  /** @param perSecond emails; `null` for no limit */
  setRate(perSecond: number | null): void {
    const now = performance.now();
    this.all.setRate(perSecond, now);
    this.unreserved.setRate(perSecond === null ? null : perSecond * (1 - this.reserve), now);
    this.pump();
  }

  /** Resolves when it may go; `undefined`: at once. Rejects with TurnRefusedError, also when `signal` aborts. */
  take(emails: number, priority: StreamPriority, signal?: AbortSignal): Promise<void> | undefined {
    const now = performance.now();
    // Once it closes nothing waits any more: what the host still sends goes as it comes.
    if (this.closed || (this.isNext(priority, now) && this.fits(now, emails, priority))) {
      this.admit(now, emails, priority);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const waiting = { emails, priority, go: resolve, refuse: reject, nextSince: null };
      this.queues[priority].push(waiting);
      this.held[priority] += emails;
      if (this.maxWaitMs !== null) this.limitWait(waiting, this.maxWaitMs);
      if (signal) this.endWith(signal, waiting);
      this.pump();
    });
  }

  /** Emails that can go in one second, beside the critical ones that go now; `Infinity`: no limit. */
  most(priority: StreamPriority): number {
    if (priority === 'critical') return this.all.most;
    return Math.max(0, this.unreserved.most - this.critical.used(performance.now()));
  }

  get isWaiting(): boolean {
    return ORDER.some((priority) => this.queues[priority].length > 0);
  }

  /** What has been let go of late, a second. */
  usedPerSecond(): number {
    return this.all.usedPerSecond(performance.now());
  }

  /** Emails of a large message that are still to be paid for. */
  get owed(): number {
    return this.all.owed(performance.now());
  }

  /** What went since the last call of {@link takeAdmitted}. */
  get admittedEmails(): number {
    return this.admitted.critical + this.admitted.others;
  }

  /** What went since the last call. */
  takeAdmitted(): Demand {
    const { admitted } = this;
    this.admitted = { critical: 0, others: 0 };
    return admitted;
  }

  /** What waits now. */
  waiting(): Demand {
    const { critical, normal, bulk } = this.held;
    return { critical, others: normal + bulk };
  }

  /** Refuses what waits; what comes later goes at once. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    for (const priority of ORDER) {
      this.held[priority] = 0;
      for (const waiting of this.queues[priority].splice(0)) waiting.refuse(new TurnRefusedError('closing'));
    }
  }

  private isNext(priority: StreamPriority, now: number): boolean {
    const before = ORDER.slice(0, ORDER.indexOf(priority) + 1);
    return before.every((each) => this.queues[each].length === 0) && this.overdue(now) === null;
  }

  private fits(now: number, emails: number, priority: StreamPriority): boolean {
    return this.all.fits(now, emails) && (priority === 'critical' || this.unreserved.fits(now, emails));
  }

  private admit(now: number, emails: number, priority: StreamPriority): void {
    this.all.add(now, emails);
    this.unreserved.add(now, emails);
    if (priority === 'critical') this.critical.add(now, emails);
    this.total[priority] += emails;
    this.admitted[priority === 'critical' ? 'critical' : 'others'] += emails;
  }

  private pump(): void {
    clearTimeout(this.timer);
    const now = performance.now();
    const overdue = this.overdue(now);
    const order = overdue === null ? ORDER : [overdue, ...ORDER.filter((each) => each !== overdue)];
    for (const priority of order) {
      const queue = this.queues[priority];
      let gone = 0;
      for (; gone < queue.length; gone++) {
        const { emails, go } = queue[gone]!;
        if (!this.fits(now, emails, priority)) break;
        this.admit(now, emails, priority);
        this.held[priority] -= emails;
        go();
        if (priority === overdue) {
          // One message of it, and then what goes before its kind.
          queue.shift();
          return this.pump();
        }
      }
      queue.splice(0, gone);
      if (queue.length === 0) continue;
      this.markNext(now);
      this.timer = setTimeout(() => this.pump(), this.waitMs(now, queue[0]!.emails, priority));
      return;
    }
  }

  /** Notes who is the next of each kind. */
  private markNext(now: number): void {
    for (const priority of ORDER) {
      const next = this.queues[priority][0];
      if (next) next.nextSince ??= { ms: now, gone: this.before(this.total, priority) };
    }
  }

  /**
   * The kind whose next message has waited for so long that the rate was enough for it, for all that went before it
   * since then, and for all that waits to.
   */
  private overdue(now: number): StreamPriority | null {
    for (const priority of ORDER) {
      const next = this.queues[priority][0];
      if (priority === 'critical' || !next?.nextSince) continue;
      const { ms, gone } = next.nextSince;
      const room = (this.unreserved.perSecond * (now - ms)) / 1_000;
      const before = this.before(this.total, priority) - gone + this.before(this.held, priority);
      if (room - before >= Math.max(next.emails, this.unreserved.most)) return priority;
    }
    return null;
  }

  /** What there is of the kinds that go before this one. */
  private before(emails: Record<StreamPriority, number>, priority: StreamPriority): number {
    return ORDER.slice(0, ORDER.indexOf(priority)).reduce((sum, each) => sum + emails[each], 0);
  }

  private waitMs(now: number, emails: number, priority: StreamPriority): number {
    const at = Math.max(
      this.all.fitsAt(now, emails),
      priority === 'critical' ? now : this.unreserved.fitsAt(now, emails),
    );
    return Math.max(1, Math.min(Math.ceil(at - now), LONGEST_MS));
  }

  private limitWait(waiting: Waiting, ms: number): void {
    const timer = setTimeout(() => this.giveUp(waiting, 'too long'), ms);
    afterwards(waiting, () => clearTimeout(timer));
  }

  private endWith(signal: AbortSignal, waiting: Waiting): void {
    const end = () => this.giveUp(waiting, 'cancelled');
    if (signal.aborted) {
      end();
      return;
    }
    signal.addEventListener('abort', end, { once: true });
    afterwards(waiting, () => signal.removeEventListener('abort', end));
  }

  private giveUp(waiting: Waiting, refusal: TurnRefusedError['refusal']): void {
    const queue = this.queues[waiting.priority];
    queue.splice(queue.indexOf(waiting), 1);
    this.held[waiting.priority] -= waiting.emails;
    waiting.refuse(new TurnRefusedError(refusal));
    this.pump();
  }
}

/** Runs when the wait is over, either way. */
function afterwards(waiting: Waiting, done: () => void): void {
  const { go, refuse } = waiting;
  waiting.go = () => {
    done();
    go();
  };
  waiting.refuse = (error) => {
    done();
    refuse(error);
  };
}
