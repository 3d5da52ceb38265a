import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { ResolvedRate } from '../options/rate-options.js';
import { settledWithin } from '../settled-within.js';
import { LifeSigns } from './life-signs.js';
import { ANSWER_MS, type RateStore } from './rate-store.js';
import { readShared } from './read-shared.js';
import {
  carriedOn,
  departed,
  exchange,
  NOTHING_SHARED,
  knownRate,
  quotaOf,
  type AccountFigures,
  type Beat,
  type Outcome,
  type SharedRate,
} from './shared-rate.js';
import type { Demand, TurnQueue } from './turn-queue.js';

/** Others see what one tells within this time; sooner where mail waits. */
const BEAT_MS = 400;
const HUNGRY_BEAT_MS = 200;
const LEAST_BEAT_MS = 50;
/** Who has not sent for so long leaves: an idle process asks the database nothing. */
const IDLE_MS = 60_000;
/** Emails a second of a process that has not learnt its share yet. */
const FIRST_PER_SECOND = 10;
/** As long as a process waits for SES's first answer, to it or to another one. */
const FIRST_ANSWER_MS = 2_000;
/** What was to send lately is still wanted, so that a gap costs no share. */
const KEPT_DEMAND = 0.7;

/** How this process stands. */
export interface SendRateStatus {
  /** Emails a second of all instances together; `null`: no limit is known. */
  perSecond: number | null;
  /** Of them, this one's. */
  share: number | null;
  /** Instances that send, this one included. */
  instances: number;
  /** Of the rate, since SES has throttled; 1 is all of it. */
  factor: number;
  waiting: Demand;
}

export interface RateMemberParts {
  queue: TurnQueue;
  store: () => Promise<RateStore>;
  /** `null`: SES did not say. */
  ask: () => Promise<AccountFigures | null>;
  /** Is told of the account's rate each time it is heard of. */
  hear: (perSecond: number) => void;
  now: () => number;
}

/** This process among those that share the rate, from its first send until it has been idle for a minute. */
export class RateMember {
  private readonly logger = new Logger('SesReputation');
  private id = randomUUID();
  private state: SharedRate = NOTHING_SHARED;
  private readonly others = new LifeSigns();
  private usedAtMs = 0;
  private running = false;
  private closed = false;
  private joinedAtMs = 0;
  private beating: Promise<void> | null = null;
  private beganAtMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private demand = { critical: 0, others: 0 };
  private unreported = 0;
  private throttledUnder: number | null = null;
  private answer: AccountFigures | null = null;
  private wantsFigures = false;
  private asking: Promise<void> | null = null;
  private wasAnswered = false;
  private complained = false;
  private share: number | null = null;

  constructor(
    private readonly rate: ResolvedRate,
    private readonly parts: RateMemberParts,
  ) {
    parts.queue.setRate(this.firstRate);
  }

  /** Mail is about to be sent, or waits. */
  touch(): void {
    this.usedAtMs = performance.now();
    if (this.running || this.closed) return;
    this.running = true;
    this.joinedAtMs = this.usedAtMs;
    this.beganAtMs = this.usedAtMs - BEAT_MS;
    this.beatIn(0);
  }

  /** Mail waits that did not before: perhaps others can spare something. */
  hungry(): void {
    this.beatIn(HUNGRY_BEAT_MS - (performance.now() - this.beganAtMs));
  }

  get status(): SendRateStatus | null {
    if (this.state === NOTHING_SHARED) return null;
    const { account, members, slow } = this.state;
    return {
      perSecond: knownRate(account, this.rate.perSecond),
      share: this.share,
      instances: Object.keys(members).length,
      factor: slow.factor,
      waiting: this.parts.queue.waiting(),
    };
  }

  /** The generation of the slow-down under which a send goes now. */
  get generation(): number {
    return this.state.slow.generation;
  }

  /** SES has throttled a send that went under `generation`. */
  throttled(generation: number): void {
    this.wantsFigures = true;
    if (generation !== this.generation || this.throttledUnder !== null) return;
    this.throttledUnder = generation;
    // At once here; the others hear of it.
    this.parts.queue.setRate(Math.max(1, this.parts.queue.usedPerSecond() / 2));
    this.beatIn(0);
  }

  /** Emails of the day's quota that are left, by what was last heard; `null`: no limit is known. */
  get quota(): { most: number; used: number } | null {
    const quota = quotaOf(this.state, this.parts.now());
    return quota && { ...quota, used: quota.used + this.unreported + this.parts.queue.admittedEmails };
  }

  /** SES, or what is left by our count, says that the quota is used up: ask SES again, soon. */
  quotaUsedUp(): void {
    this.wantsFigures = true;
  }

  /** SES was asked by somebody else of this process. */
  learn(figures: AccountFigures): void {
    if (!this.running) return;
    this.answer = figures;
    this.beatIn(0);
  }

  /** Gives the share back. */
  async leave(): Promise<void> {
    this.closed = true;
    await this.depart();
  }

  private async depart(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.running) return;
    this.running = false;
    await settledWithin(ANSWER_MS, this.beating ?? Promise.resolve());
    const { id } = this;
    const sent = this.takeSent();
    this.id = randomUUID();
    this.others.forget();
    // Else it would come back to find its own share taken if the store is down by then.
    if (this.state !== NOTHING_SHARED) this.state = departed(this.state, id, 0);
    const store = await this.parts.store();
    // Else it dies: others take its share a little later.
    await settledWithin(
      ANSWER_MS,
      store.change((before) => departed(readShared(before), id, sent)).then(() => (this.unreported -= sent)),
    );
  }

  private get firstRate(): number {
    return Math.min(this.rate.perSecond ?? FIRST_PER_SECOND, FIRST_PER_SECOND);
  }

  /** Keeps the process alive only while mail waits. */
  private beatIn(ms: number): void {
    if (!this.running) return;
    clearTimeout(this.timer);
    if (this.beating) return;
    const sinceMs = performance.now() - this.beganAtMs;
    this.timer = setTimeout(() => void this.run(), Math.max(ms, LEAST_BEAT_MS - sinceMs, 0));
    if (!this.parts.queue.isWaiting) this.timer.unref();
  }

  private async run(): Promise<void> {
    const { queue } = this.parts;
    if (!queue.isWaiting && performance.now() - this.usedAtMs > IDLE_MS) {
      queue.setRate(this.firstRate);
      await this.depart().catch(() => undefined);
      return;
    }
    this.beating = this.beatOnce().finally(() => (this.beating = null));
    await this.beating;
    const isUrgent = this.answer !== null || this.throttledUnder !== null;
    this.beatIn(isUrgent ? 0 : queue.isWaiting ? HUNGRY_BEAT_MS : BEAT_MS);
  }

  private async beatOnce(): Promise<void> {
    const startedMs = performance.now();
    const beat = this.tell(startedMs);
    this.beganAtMs = startedMs;
    const { throttledUnder, answer } = beat;
    let outcome: Outcome | null = null;
    try {
      const store = await this.parts.store();
      await store.change((shared) => (outcome = exchange(readShared(shared), beat)).state);
      this.unreported -= beat.sent;
      this.complained = false;
    } catch (error) {
      this.complain(error);
      // Nobody has been seen to live meanwhile, and all may.
      this.others.forget();
      // What was last known, carried on alone: the others keep what they had.
      outcome = carriedOn(this.state, beat);
    }
    if (this.throttledUnder === throttledUnder) this.throttledUnder = null;
    if (this.answer === answer) this.answer = null;
    this.adopt(outcome!, performance.now());
  }

  private tell(nowMs: number): Beat {
    const { queue, now } = this.parts;
    const elapsedMs = Math.max(1, nowMs - this.beganAtMs);
    const admitted = queue.takeAdmitted();
    const waiting = queue.waiting();
    // What waits needs the large message before it to be paid for.
    if (waiting.critical > 0) waiting.critical += queue.owed;
    else if (waiting.others > 0) waiting.others += queue.owed;
    this.unreported += admitted.critical + admitted.others;
    const perSecond = (gone: number, waits: number) =>
      (gone * 1_000) / Math.max(elapsedMs, BEAT_MS / 2) + waits;
    this.demand = {
      critical: Math.max(this.demand.critical * KEPT_DEMAND, perSecond(admitted.critical, waiting.critical)),
      others: Math.max(
        this.demand.others * KEPT_DEMAND,
        perSecond(admitted.others, waiting.others) / (1 - this.rate.reserve),
      ),
    };
    return {
      id: this.id,
      ...this.demand,
      pace: queue.usedPerSecond(),
      meanwhile: this.share,
      sent: this.unreported,
      throttledUnder: this.throttledUnder,
      elapsedMs,
      dead: this.others.dead(this.id, nowMs),
      answer: this.answer,
      wantsFigures: this.wantsFigures,
      perSecond: this.rate.perSecond,
      now: now(),
    };
  }

  private adopt({ state, share, mustAsk }: Outcome, nowMs: number): void {
    this.state = state;
    this.share = share;
    if (state.account !== null) this.parts.hear(state.account.perSecond);
    this.others.see(state.members, nowMs);
    if (mustAsk) this.askSes();
    const isUnknown = share === null && !this.wasAnswered && nowMs - this.joinedAtMs < FIRST_ANSWER_MS;
    this.parts.queue.setRate(isUnknown ? this.firstRate : share);
  }

  private askSes(): void {
    this.wantsFigures = false;
    this.asking ??= this.parts
      .ask()
      .then((figures) => (this.answer = figures))
      .catch(() => undefined)
      .finally(() => {
        this.asking = null;
        this.wasAnswered = true;
        this.beatIn(0);
      })
      .then(() => undefined);
  }

  private takeSent(): number {
    const { critical, others } = this.parts.queue.takeAdmitted();
    return (this.unreported += critical + others);
  }

  private complain(error: unknown): void {
    if (this.complained) return;
    this.complained = true;
    this.logger.warn(
      `The sending rate can't be shared with other instances at present; this one keeps its share: ${String(error)}`,
    );
  }
}
