import { inForce, type StreamGuard } from './stream-guard.js';

/** Who did it, and why. */
export interface Command {
  reason: string;
  actor: string | null;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Lies over what the level asks for, which is remembered meanwhile; it has no probes. */
export function pausedByHand(
  guard: StreamGuard,
  { reason, actor, now }: Command,
  until: Date | null,
): StreamGuard {
  const before = inForce(guard, now);
  return {
    ...before,
    mode: 'paused',
    cause: 'manual',
    reason,
    actor,
    since: before.mode === 'paused' ? before.since : new Date(now),
    until,
    memory: { ...guard.memory, pauseMs: 0, failed: false, round: null },
    version: guard.version + 1,
  };
}

/**
 * Ends a pause by hand: what the account's level asks for holds again. Otherwise opens the stream, whatever the level
 * asks for now.
 *
 * @param pauseMs length of a pause by level
 * @returns `null` for a stream that is open
 */
export function resumedByHand(
  guard: StreamGuard,
  { reason, actor, now }: Command,
  pauseMs: number,
): StreamGuard | null {
  const before = inForce(guard, now);
  if (before.mode === 'open') return null;
  const { demand, complaints } = before.memory;
  const next = { ...before, actor, version: guard.version + 1 };
  if (before.cause === 'manual' && demand !== 'none') {
    return {
      ...next,
      cause: 'level',
      reason: `${reason}; the account is at level ${demand}`,
      until: new Date(now + pauseMs),
      memory: { demand, pauseMs, failed: false, complaints, round: null },
    };
  }
  return {
    ...next,
    mode: 'open',
    cause: 'manual',
    reason,
    since: new Date(now),
    until: null,
    memory: { demand, pauseMs: 0, failed: false, complaints: false, round: null },
  };
}
