import type { StreamPriority } from '../options/ses-reputation-options.js';
import { SlidingWindow } from './sliding-window.js';
import { TurnRefusedError } from './turn-refused.error.js';

interface Waiting {
  emails: number;
  go(): void;
  refuse(error: TurnRefusedError): void;
  over: boolean;
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
 */
export class TurnQueue {
  private readonly all = new SlidingWindow();
  /** The same mail, with room for less. */
  private readonly unreserved = new SlidingWindow();
  private readonly queues: Record<StreamPriority, Waiting[]> = { critical: [], normal: [], bulk: [] };
  private timer: NodeJS.Timeout | undefined;
  private admitted: Demand = { critical: 0, others: 0 };
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
    this.all.setRate(perSecond);
    this.unreserved.setRate(perSecond === null ? null : perSecond * (1 - this.reserve));
    this.pump();
  }

  /** Resolves when it may go; `undefined`: at once. Rejects with TurnRefusedError, also when `signal` aborts. */
  take(emails: number, priority: StreamPriority, signal?: AbortSignal): Promise<void> | undefined {
    const now = performance.now();
    // Once it closes nothing waits any more: what the host still sends goes as it comes.
    if (this.closed || (this.isNext(priority) && this.fits(now, emails, priority))) {
      this.admit(now, emails, priority);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { emails, go: resolve, refuse: reject, over: false };
      this.queues[priority].push(waiting);
      if (this.maxWaitMs !== null) this.limitWait(waiting, this.maxWaitMs);
      if (signal) this.endWith(signal, waiting);
      this.pump();
    });
  }

  /** Emails that can go in one second; `Infinity`: no limit. */
  most(priority: StreamPriority): number {
    return priority === 'critical' ? this.all.most : this.unreserved.most;
  }

  get isWaiting(): boolean {
    return ORDER.some((priority) => this.queues[priority].length > 0);
  }

  /** What has been let go of late, a second. */
  usedPerSecond(): number {
    return this.all.usedPerSecond(performance.now());
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
    const of = (priority: StreamPriority) =>
      this.queues[priority].reduce((sum, { emails, over }) => sum + (over ? 0 : emails), 0);
    return { critical: of('critical'), others: of('normal') + of('bulk') };
  }

  /** Refuses what waits; what comes later goes at once. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    for (const priority of ORDER) {
      for (const waiting of this.queues[priority].splice(0)) waiting.refuse(new TurnRefusedError('closing'));
    }
  }

  private isNext(priority: StreamPriority): boolean {
    return ORDER.slice(0, ORDER.indexOf(priority) + 1).every((each) => this.queues[each].length === 0);
  }

  private fits(now: number, emails: number, priority: StreamPriority): boolean {
    return this.all.fits(now, emails) && (priority === 'critical' || this.unreserved.fits(now, emails));
  }

  private admit(now: number, emails: number, priority: StreamPriority): void {
    this.all.add(now, emails);
    this.unreserved.add(now, emails);
    this.admitted[priority === 'critical' ? 'critical' : 'others'] += emails;
  }

  private pump(): void {
    clearTimeout(this.timer);
    const now = performance.now();
    for (const priority of ORDER) {
      const queue = this.queues[priority];
      let gone = 0;
      for (; gone < queue.length; gone++) {
        const { over, emails, go } = queue[gone]!;
        if (over) continue;
        if (!this.fits(now, emails, priority)) break;
        this.admit(now, emails, priority);
        queue[gone]!.over = true;
        go();
      }
      queue.splice(0, gone);
      if (queue.length === 0) continue;
      this.timer = setTimeout(() => this.pump(), this.waitMs(now, queue[0]!.emails, priority));
      return;
    }
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
    waiting.over = true;
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
