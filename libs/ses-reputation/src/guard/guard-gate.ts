import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Clock } from '../clock.js';
import { SES_OPTIONS, type ResolvedOptions, type ResolvedStream } from '../options/ses-reputation-options.js';
import { Store } from '../store/store.js';
import { percent } from './demand.js';
import { shareOf } from './guard-events.js';
import { readGuards } from './guard-store.js';
import { ProbeQuota } from './probe-quota.js';
import type { SendPause } from './send-pause.js';
import { inForce, type StreamGuard } from './stream-guard.js';

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
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.options.guard.mode !== 'enforce') return;
    const everyMs = Math.min(this.options.reputation.checkEveryMs ?? REFRESH_MS, REFRESH_MS);
    this.timer = setInterval(() => void this.refresh(), everyMs);
    this.timer.unref();
    await within(START_MS, this.refresh());
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    if (this.refreshing) await within(START_MS, this.refreshing);
  }

  /** Reads what was decided, here or elsewhere. Never throws: what was known last still holds. */
  refresh(): Promise<void> {
    this.refreshing ??= this.read().finally(() => (this.refreshing = null));
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
    return guard?.mode === 'paused' ? pauseBy(guard) : null;
  }

  /** Asks for a message that is about to go out. Give back what SES did not take. */
  pass(stream: ResolvedStream, recipients: number): Passage {
    const guard = this.guardOf(stream);
    const round = guard?.memory.round;
    if (guard?.mode === 'paused') return { pause: pauseBy(guard) };
    if (guard?.mode !== 'probing' || !round) {
      this.quotas.delete(stream.name);
      return FREE;
    }
    let quota = this.quotas.get(stream.name);
    if (!quota) this.quotas.set(stream.name, (quota = new ProbeQuota(round, this.options.guard.probe)));
    quota.enter(round);
    const giveBack = quota.take(recipients);
    return giveBack ? { pause: null, giveBack } : { pause: pauseBy(guard) };
  }

  /** What is enforced now; critical streams never are, whatever a row of another time says. */
  private guardOf({ name, priority }: ResolvedStream): StreamGuard | null {
    if (this.options.guard.mode !== 'enforce' || priority === 'critical') return null;
    const guard = this.guards.get(name);
    return guard ? inForce(guard, this.clock.now()) : null;
  }

  private async read(): Promise<void> {
    const { learnt } = this;
    try {
      const { app } = this.options;
      const streams = [...this.options.streams.keys()];
      const read = await this.store.read((manager) => readGuards(manager, { app, streams }));
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

function pauseBy(guard: StreamGuard): SendPause {
  const { mode, cause, reason, since, until, memory } = guard;
  const share = percent(shareOf(guard));
  const level = cause === 'level' && memory.demand !== 'none' ? { level: memory.demand } : {};
  return {
    reason: mode === 'probing' ? `${reason}; this message is not in the ${share}` : reason,
    since,
    until,
    ...level,
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer!: NodeJS.Timeout;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, late]);
  clearTimeout(timer);
}
