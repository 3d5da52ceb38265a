import { jest } from '@jest/globals';
import type { StreamPriority } from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import type { ResolvedRate } from '../../libs/ses-reputation/src/options/rate-options.js';
import { RateMember } from '../../libs/ses-reputation/src/rate/rate-member.js';
import type { RateStore } from '../../libs/ses-reputation/src/rate/rate-store.js';
import type { AccountFigures, SharedRate } from '../../libs/ses-reputation/src/rate/shared-rate.js';
import { TurnQueue } from '../../libs/ses-reputation/src/rate/turn-queue.js';

/** One mail that was let go. */
export interface Gone {
  at: number;
  emails: number;
  instance: number;
  priority: StreamPriority;
}

/** Instances that share a rate, in a time that a test makes pass: call `jest.useFakeTimers()` first. */
export class RateWorld {
  readonly gone: Gone[] = [];
  readonly instances: RateInstance[] = [];
  shared: SharedRate | null = null;
  figures: AccountFigures | null = { perSecond: 100, perDay: null, sentBefore: 0 };
  asked = 0;
  isDown = false;
  changes = 0;

  constructor(private readonly latencyMs: () => number = () => 5) {}

  start(given: Partial<ResolvedRate> = {}): RateInstance {
    const rate = { perSecond: null, reserve: 0.1, maxWaitMs: null, redis: null, name: null, ...given };
    const instance = new RateInstance(this, this.instances.length, rate);
    this.instances.push(instance);
    return instance;
  }

  async pass(ms: number): Promise<void> {
    await jest.advanceTimersByTimeAsync(ms);
  }

  /** Emails in the last second. */
  lastSecond(of: (gone: Gone) => boolean = () => true): number {
    const now = performance.now();
    return emailsOf(this.gone.filter((each) => each.at > now - 1_000 && of(each)));
  }

  /** The most in any second that begins after a time. */
  mostInASecond(fromMs: number): number {
    const gone = this.gone.filter(({ at }) => at >= fromMs).toSorted((a, b) => a.at - b.at);
    let [most, within, oldest] = [0, 0, 0];
    for (const { at, emails } of gone) {
      within += emails;
      while (gone[oldest]!.at <= at - 1_000) within -= gone[oldest++]!.emails;
      most = Math.max(most, within);
    }
    return most;
  }

  /** As a database does it: one change at a time, and the way there and back takes time. */
  readonly store: RateStore = {
    change: async (step) => {
      await wait(this.latencyMs());
      if (this.isDown) throw new Error('the store is down');
      this.changes++;
      this.shared = JSON.parse(JSON.stringify(step(this.shared))) as SharedRate;
      await wait(this.latencyMs());
    },
  };
}

export class RateInstance {
  readonly queue: TurnQueue;
  readonly member: RateMember;

  constructor(
    private readonly world: RateWorld,
    private readonly index: number,
    rate: ResolvedRate,
  ) {
    this.queue = new TurnQueue(rate.reserve, rate.maxWaitMs);
    this.member = new RateMember(rate, {
      queue: this.queue,
      store: async () =>
        this.isDead ? { change: () => new Promise<void>(() => undefined) } : this.world.store,
      ask: async () => {
        this.world.asked++;
        await wait(40);
        return this.world.figures;
      },
      hear: () => undefined,
      now: () => Date.now(),
    });
  }

  private isDead = false;

  /** Resolves when it went. */
  async send(priority: StreamPriority, emails = 1): Promise<void> {
    this.member.touch();
    const waiting = this.queue.take(emails, priority);
    if (waiting) this.member.hungry();
    await waiting;
    this.world.gone.push({ at: performance.now(), emails, instance: this.index, priority });
  }

  sendMany(count: number, priority: StreamPriority): void {
    for (let n = 0; n < count; n++) void this.send(priority).catch(() => undefined);
  }

  /** As if killed: it sends nothing more, and tells nothing. */
  die(): void {
    this.isDead = true;
    this.queue.close();
    void this.member.leave();
  }
}

export function emailsOf(gone: readonly Gone[]): number {
  return gone.reduce((sum, { emails }) => sum + emails, 0);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
