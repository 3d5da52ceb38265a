import type { GetAccountCommandOutput } from '@aws-sdk/client-sesv2';

/** What Amazon says of the account (`GetAccount`). */
export interface AccountStatus {
  /** `HEALTHY`, `PROBATION` (under review, sending works) or `SHUTDOWN` (paused); `UNKNOWN` if not said. */
  enforcement: string;
  sendingEnabled: boolean;
  quota: {
    /** Recipients in 24 hours; -1 for no limit. */
    max24HourSend: number;
    /** Recipients a second. */
    maxSendRate: number;
    sentLast24Hours: number;
  };
  checkedAt: Date;
}

export function accountStatus(output: GetAccountCommandOutput, now: number): AccountStatus {
  return {
    enforcement: output.EnforcementStatus ?? 'UNKNOWN',
    sendingEnabled: output.SendingEnabled ?? true,
    quota: {
      max24HourSend: output.SendQuota?.Max24HourSend ?? 0,
      maxSendRate: output.SendQuota?.MaxSendRate ?? 0,
      sentLast24Hours: output.SendQuota?.SentLast24Hours ?? 0,
    },
    checkedAt: new Date(now),
  };
}

/** Reads what the state row keeps as JSON. */
export function storedAccountStatus(json: string | null): AccountStatus | null {
  if (json === null) return null;
  const stored = JSON.parse(json) as Omit<AccountStatus, 'checkedAt'> & { checkedAt: string };
  return { ...stored, checkedAt: new Date(stored.checkedAt) };
}
