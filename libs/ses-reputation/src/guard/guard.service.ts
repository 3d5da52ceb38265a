import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { EventOutbox } from '../events/event-outbox.js';
import type { GuardMode } from '../events/ses-events.js';
import { SES_OPTIONS, type ResolvedOptions, type StreamPriority } from '../options/ses-reputation-options.js';
import { Store } from '../store/store.js';
import { pausedByHand, resumedByHand } from './by-hand.js';
import { CriticalStreamError, GuardOffError, UnknownStreamError } from './errors.js';
import { guardChanged, shareOf } from './guard-events.js';
import { GuardGate } from './guard-gate.js';
import { readPause, readResume, type PauseOptions, type ResumeOptions } from './guard-input.js';
import { lockGuards, readGuards, writeGuard } from './guard-store.js';
import { inForce, untouched, type StreamGuard } from './stream-guard.js';

/** Where a stream stands with the guard. */
export interface GuardStreamState {
  stream: string;
  priority: StreamPriority;
  /** `probing`: a share of its mail goes out. */
  mode: GuardMode;
  /** Share of its mail that goes out, from 0 to 1. */
  share: number;
  /** `level`: the guard's own decision; `manual`: somebody's; `null` where nothing was ever decided. */
  cause: 'level' | 'manual' | null;
  reason: string | null;
  actor: string | null;
  since: Date | null;
  /** When a pause ends, or is probed; `null` if that is open. */
  until: Date | null;
  /** `false` where nothing is held back: the guard only observes, or is off. */
  enforced: boolean;
}

/** Pauses and resumes streams by hand, and tells how they stand. */
@Injectable()
export class GuardService {
  constructor(
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    private readonly store: Store,
    private readonly outbox: EventOutbox,
    private readonly gate: GuardGate,
    private readonly clock: Clock,
  ) {}

  /**
   * Pauses a stream until `until`, or until it is resumed; a pause that is there gets the new reason and end. With
   * `guard.mode: 'observe'` it is recorded and raised, and the mail goes out all the same.
   *
   * @throws GuardOffError, UnknownStreamError, CriticalStreamError, InvalidPauseError: nothing was changed
   * @throws StoreUnavailableError
   */
  async pause(stream: string, options: PauseOptions): Promise<GuardStreamState> {
    this.refuseUnlessKnown(stream);
    if (this.options.streams.get(stream)!.priority === 'critical') throw new CriticalStreamError(stream);
    const now = this.clock.now();
    const { until, ...why } = readPause(options, now);
    return this.change(stream, now, (guard) => pausedByHand(guard, { ...why, now }, until));
  }

  /**
   * Ends a pause by hand, after which the account's level decides again; or opens a stream that the guard has paused
   * or probes: it is not paused again unless the account's level gets worse, or has recovered in between. An open
   * stream stays as it is.
   *
   * @throws GuardOffError, UnknownStreamError, InvalidPauseError: nothing was changed
   * @throws StoreUnavailableError
   */
  async resume(stream: string, options: ResumeOptions = {}): Promise<GuardStreamState> {
    this.refuseUnlessKnown(stream);
    const now = this.clock.now();
    const why = readResume(options);
    const { afterMs } = this.options.guard.probe;
    return this.change(stream, now, (guard) => resumedByHand(guard, { ...why, now }, afterMs));
  }

  /**
   * How every stream of the options stands, as the database says now.
   *
   * @throws StoreUnavailableError
   */
  async states(): Promise<GuardStreamState[]> {
    const { app } = this.options;
    const streams = [...this.options.streams.keys()];
    const guards =
      this.options.guard.mode === 'off'
        ? new Map<string, StreamGuard>()
        : await this.store.read((manager) => readGuards(manager, { app, streams }));
    const now = this.clock.now();
    return streams.map((name) => this.stateOf(guards.get(name) ?? untouched(name), now));
  }

  private refuseUnlessKnown(stream: string): void {
    if (!this.options.streams.has(stream)) throw new UnknownStreamError(stream, this.options.streams.keys());
    if (this.options.guard.mode === 'off') throw new GuardOffError();
  }

  /** A command waits for a check that decides on the same stream, and the other way round: none is lost. */
  private async change(
    stream: string,
    now: number,
    make: (guard: StreamGuard) => StreamGuard | null,
  ): Promise<GuardStreamState> {
    const { app } = this.options;
    const enforced = this.options.guard.mode === 'enforce';
    const guard = await this.outbox.commit(async (tx, raise) => {
      const before = (await lockGuards(tx, this.store.dialect, { app, streams: [stream] })).get(stream)!;
      const next = make(before);
      if (!next) return before;
      await writeGuard(tx, app, next);
      raise([guardChanged(inForce(before, now), next, { app, now, enforced })]);
      return next;
    });
    this.gate.learn([guard]);
    return this.stateOf(guard, now);
  }

  private stateOf(guard: StreamGuard, now: number): GuardStreamState {
    const { priority } = this.options.streams.get(guard.stream)!;
    const untold = priority === 'critical' || guard.version === 0;
    const state = untold ? untouched(guard.stream) : inForce(guard, now);
    return {
      stream: guard.stream,
      priority,
      mode: state.mode,
      share: shareOf(state),
      cause: untold ? null : state.cause,
      reason: untold ? null : state.reason,
      actor: state.actor,
      since: untold ? null : state.since,
      until: state.until,
      enforced: this.options.guard.mode === 'enforce',
    };
  }
}
