import type { Demand } from './demand.js';
import { fitText } from '../store/fit-text.js';
import { GuardState } from './guard-state.entity.js';

/** One round of a probe: a share of the stream's mail goes out, and what comes of it is looked at. */
export interface ProbeRound {
  share: number;
  /** Mail sent from this full minute on is counted. Milliseconds since the epoch, as are all times here. */
  startedAt: number;
  /** Mail of the whole probe, this round and those before it, is counted from this minute on. */
  probeFrom: number;
  /** The check that first saw mail of the round. */
  heldAt: number | null;
  /** The check that saw enough of it: mail sent up to then is judged once its feedback has had time to come. */
  fullAt: number | null;
  /** The check that first found that no mail had come for long. */
  quietAt: number | null;
  /** A good round went before it in this probe. */
  proven: boolean;
}

/** What the guard needs to go on deciding. */
export interface GuardMemory {
  /** What the account's level asked of the stream at the last check. */
  demand: Demand;
  /** Length of the present or next pause by level. */
  pauseMs: number;
  /** The pause follows a bad probe: it lasts its time, however the account stands. */
  failed: boolean;
  /** The account's complaints have asked for a pause since the stream was last open. */
  complaints: boolean;
  round: ProbeRound | null;
}

/** A {@link GuardState} of this application, read. */
export interface StreamGuard extends Omit<GuardState, 'app' | 'memory'> {
  memory: GuardMemory;
}

/** What the column takes. */
export const LONGEST_REASON = 1_000;

const NOTHING: GuardMemory = { demand: 'none', pauseMs: 0, failed: false, complaints: false, round: null };

/** A stream that the guard has never touched: version 0, no row. */
export function untouched(stream: string): StreamGuard {
  return {
    stream,
    mode: 'open',
    cause: 'level',
    reason: '',
    actor: null,
    since: new Date(0),
    until: null,
    memory: NOTHING,
    version: 0,
  };
}

export function fromRow(row: GuardState): StreamGuard {
  return { ...row, memory: { ...NOTHING, ...parsed(row.memory) } };
}

export function toRow(app: string, guard: StreamGuard): GuardState {
  const reason = fitText(guard.reason, LONGEST_REASON);
  return Object.assign(new GuardState(), { ...guard, app, reason, memory: JSON.stringify(guard.memory) });
}

/** What cannot be read is begun anew: somebody has edited the row, and that must stop neither check nor mail. */
function parsed(json: string | null): Partial<GuardMemory> {
  try {
    return (JSON.parse(json ?? '{}') ?? {}) as Partial<GuardMemory>;
  } catch {
    return {};
  }
}

/** A pause by hand whose end has come. */
export function isOver(guard: StreamGuard, now: number): boolean {
  const { mode, cause, until } = guard;
  return mode === 'paused' && cause === 'manual' && until !== null && until.getTime() <= now;
}

/**
 * What holds now: after the end of a pause by hand what the account's level asks for, without waiting for the check
 * that records it.
 */
export function inForce(guard: StreamGuard, now: number): StreamGuard {
  if (!isOver(guard, now)) return guard;
  const { demand } = guard.memory;
  const since = guard.until!;
  const ended = { ...guard, cause: 'level', actor: null, since, until: null } as const;
  return demand === 'none'
    ? { ...ended, mode: 'open', reason: PAUSE_ENDED }
    : { ...ended, reason: `${PAUSE_ENDED}, and the account is at level ${demand}` };
}

export const PAUSE_ENDED = 'the pause by hand has ended';
