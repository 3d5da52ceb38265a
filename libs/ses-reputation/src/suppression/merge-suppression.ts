import { SUPPRESSION_REASONS, type SuppressionReason } from './suppression-reason.js';

/** What decides between two suppressions of one address in one scope. */
export interface Strength {
  reason: SuppressionReason;
  since: Date;
  /** `null`: for good. */
  expiresAt: Date | null;
}

/** A suppression whose time is over counts as absent. */
export function isLive({ expiresAt }: Pick<Strength, 'expiresAt'>, nowMs: number): boolean {
  return expiresAt === null || expiresAt.getTime() > nowMs;
}

/** For good before temporary, then by reason. Two equal ones don't outrank each other. */
export function outranks(
  a: Pick<Strength, 'reason' | 'expiresAt'>,
  b: Pick<Strength, 'reason' | 'expiresAt'>,
): boolean {
  if ((a.expiresAt === null) !== (b.expiresAt === null)) return a.expiresAt === null;
  return SUPPRESSION_REASONS.indexOf(a.reason) < SUPPRESSION_REASONS.indexOf(b.reason);
}

/**
 * One suppression out of two of the same address and scope: the stronger one, never weakened by the other.
 * `since` is the earlier of both: the address has been off the list of recipients from then on, whatever the
 * reason was called. Two temporary ones end when the later one does. The order in which they come changes
 * neither reason, since nor end.
 */
export function mergeSuppression<T extends Strength>(existing: T, incoming: T): T {
  const stronger = outranks(incoming, existing) ? incoming : existing;
  return {
    ...stronger,
    since: existing.since <= incoming.since ? existing.since : incoming.since,
    expiresAt: later(existing.expiresAt, incoming.expiresAt),
  };
}

function later(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return null;
  return a >= b ? a : b;
}
