import type { AccountListResult, AccountListTally } from './account-list-result.js';
import type { AccountListTurn } from './account-list-turn.js';
import type { ListFailure } from './ses-account-list.js';

export type Stopped = NonNullable<AccountListResult['stopped']> & {
  /** The call that SES does not allow. */
  operation?: string;
};

/** What the parts of one run share. */
export interface RunContext {
  turn: AccountListTurn;
  tally: AccountListTally;
  signal: AbortSignal;
  progress: () => void;
  /** What has vanished is removed, however much it is. */
  acceptRemovals?: boolean;
  /** Once it is known. */
  sandbox?: boolean;
}

export const TAKEN_OVER: Stopped = {
  reason: 'taken-over',
  message: 'another run has taken over, and goes on where this one was',
};

export function stoppedBy({ kind, operation, why }: ListFailure): Stopped {
  if (kind === 'denied') {
    return { reason: 'denied', operation, message: `IAM forbids ses:${operation}: ${why}` };
  }
  if (kind === 'throttled') {
    return { reason: 'throttled', message: `SES keeps throttling ${operation}: ${why}` };
  }
  return { reason: 'unavailable', message: `${operation} failed: ${why}` };
}
