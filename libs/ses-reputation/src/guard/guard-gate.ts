import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Clock } from '../clock.js';
import { SES_OPTIONS, type ResolvedOptions, type ResolvedStream } from '../options/ses-reputation-options.js';
import { settledWithin } from '../settled-within.js';
import { BackgroundStore } from '../store/background-store.js';
import { BoundedStore } from '../store/bounded-store.js';
import type { Store } from '../store/store.js';
import { percent } from './demand.js';
import { shareOf } from './guard-events.js';
import { readGuards } from './guard-store.js';
import { ProbeQuota } from './probe-quota.js';
import type { SendPause } from './send-pause.js';
import { inForce, type ProbeRound, type StreamGuard } from './stream-guard.js';

/** What other instances decide is known here within this time, or one check if that is shorter. */
const REFRESH_MS = 5_000;
/** An application does not wait longer for a hanging database when it starts. */
const START_MS = 5_000;

/** May the mail go out, or must it wait? */
export type Passage = { pause: SendPause } | { pause: null; giveBack: () => void };

const FREE: Passage = { pause: null, giveBack: () => undefined };

/** Tells the mailer what holds, from memory: a send never waits for the database here. */
@Injectable()
export class GuardGate implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private guards = new Map<string, StreamGuard>();
  private readonly quotas = new Map<string, ProbeQuota>();
  private refreshing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private learnt = 0;
  private saidUnreadable = false;

  constructor(
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(BackgroundStore) private readonly store: Store,
    private readonly clock: Clock,
    /** On SQLite it waits for a lock: without a first look no pause would hold. */
    @Inject(BoundedStore) private readonly waiting: Store = store,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.options.guard.mode !== 'enforce') return;
    const everyMs = Math.min(this.options.reputation.checkEveryMs ?? REFRESH_MS, REFRESH_MS);
    this.timer = setInterval(() => void this.refresh(), everyMs);
    this.timer.unref();
    await settledWithin(START_MS, this.refreshBy(this.waiting));
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    if (this.refreshing) await settledWithin(START_MS, this.refreshing);
  }

  /** Reads what was decided, here or elsewhere. Never throws: what was known last still holds. */
  refresh(): Promise<void> {
    return this.refreshBy(this.store);
  }

  private refreshBy(store: Store): Promise<void> {
    this.refreshing ??= this.read(store).finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  /** Takes what was stored just now, without asking the database. */
  learn(guards: readonly StreamGuard[]): void {
    if (guards.length === 0) return;
    this.learnt++;
    for (const guard of guards) {
      if (guard.version > (this.guards.get(guard.stream)?.version ?? 0)) this.guards.set(guard.stream, guard);
    }
  }

  /** Why no mail of the stream goes out; `null` if it does, or some of it. */
  pauseOf(stream: ResolvedStream): SendPause | null {
    const guard = this.guardOf(stream);
    return guard && this.holdsAll(guard) ? pauseBy(guard, this.clock.now()) : null;
  }

  /** Asks for a message that is about to go out. Give back what SES did not take. */
  pass(stream: ResolvedStream, recipients: number): Passage {
    const guard = this.guardOf(stream);
    const round = guard?.memory.round;
    if (guard && this.holdsAll(guard)) return { pause: pauseBy(guard, this.clock.now()) };
    if (guard?.mode !== 'probing' || !round) {
      this.quotas.delete(stream.name);
      return FREE;
    }
    let quota = this.quotas.get(stream.name);
    if (!quota) this.quotas.set(stream.name, (quota = new ProbeQuota(round, this.options.guard.probe)));
    quota.enter(round);
    const giveBack = quota.take(recipients);
    return giveBack ? { pause: null, giveBack } : { pause: pauseBy(guard, this.clock.now()) };
  }

  /** What this instance has let out in a round of a probe, by recipient. */
  letOut(stream: string, round: ProbeRound): number {
    return this.quotas.get(stream)?.sentIn(round) ?? 0;
  }

  /** Until a round begins nothing goes out: it would use up the round's cap and be counted in none. */
  private holdsAll(guard: StreamGuard): boolean {
    return guard.mode === 'paused' || beginningOf(guard, this.clock.now()) !== null;
  }

  /** What is enforced now; critical streams never are, whatever a row of another time says. */
  private guardOf({ name, priority }: ResolvedStream): StreamGuard | null {
    if (this.options.guard.mode !== 'enforce' || priority === 'critical') return null;
    const guard = this.guards.get(name);
    return guard ? inForce(guard, this.clock.now()) : null;
  }

  private async read(store: Store): Promise<void> {
    const { learnt } = this;
    try {
      const { app } = this.options;
      const streams = [...this.options.streams.keys()];
      const read = await store.read((manager) => readGuards(manager, { app, streams }));
      // What was stored while this read ran may be missing in it: that is read the next time.
      if (this.learnt === learnt) this.guards = read;
      this.saidUnreadable = false;
    } catch (error) {
      if (this.saidUnreadable) return;
      this.saidUnreadable = true;
      this.logger.error(
        `Paused streams can't be looked up; what was known last still holds: ${String(error)}`,
      );
    }
  }
}

/** When the round of a probe begins that has not begun yet. */
function beginningOf({ mode, memory: { round } }: StreamGuard, now: number): Date | null {
  return mode === 'probing' && round && now < round.startedAt ? new Date(round.startedAt) : null;
}

function pauseBy(guard: StreamGuard, now: number): SendPause {
  const { mode, cause, reason, since, until, memory } = guard;
  const level = cause === 'level' && memory.demand !== 'none' ? { level: memory.demand } : {};
  const beginning = beginningOf(guard, now);
  if (beginning) return { reason: `${reason}, from the next minute on`, since, until: beginning, ...level };
  const share = percent(shareOf(guard));
  return {
    reason: mode === 'probing' ? `${reason}; this message is not in the ${share}` : reason,
    since,
    until,
    ...level,
  };
}
