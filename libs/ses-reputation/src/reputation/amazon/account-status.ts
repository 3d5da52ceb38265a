import type { GetAccountCommandOutput } from '@aws-sdk/client-sesv2';
import type { ReputationEntityStatus } from './reputation-entities.js';

/** What Amazon says of the account: `GetAccount`, and where IAM allows it `ListReputationEntities`. */
export interface AccountStatus {
  /** `HEALTHY`, `PROBATION` (under review, sending works) or `SHUTDOWN` (paused); `UNKNOWN` if not said. */
  enforcement: string;
  sendingEnabled: boolean;
  /** `false`: the sandbox. `null` if not said. */
  productionAccess: boolean | null;
  /** Amazon's review of the request for production access; `null` if there was none. */
  review: AccountReview | null;
  quota: {
    /** Recipients in 24 hours; -1 for no limit. */
    max24HourSend: number;
    /** Recipients a second. */
    maxSendRate: number;
    sentLast24Hours: number;
  };
  checkedAt: Date;
  /** Identities and configuration sets that Amazon rates, the worst first, at most 50; `null` before its first answer. */
  entities: ReputationEntityStatus[] | null;
  entitiesCheckedAt: Date | null;
}

export interface AccountReview {
  /** `PENDING`, `GRANTED`, `DENIED` or `FAILED`. */
  status: string;
  /** Number of the case in AWS Support. */
  caseId: string | null;
}

/** What one answer of `GetAccount` says: nothing of entities. */
export function accountStatus(output: GetAccountCommandOutput, now: number): AccountStatus {
  const review = output.Details?.ReviewDetails;
  return {
    enforcement: output.EnforcementStatus ?? 'UNKNOWN',
    sendingEnabled: output.SendingEnabled ?? true,
    productionAccess: output.ProductionAccessEnabled ?? null,
    review: review?.Status ? { status: review.Status, caseId: review.CaseId ?? null } : null,
    quota: {
      max24HourSend: output.SendQuota?.Max24HourSend ?? 0,
      maxSendRate: output.SendQuota?.MaxSendRate ?? 0,
      sentLast24Hours: output.SendQuota?.SentLast24Hours ?? 0,
    },
    checkedAt: new Date(now),
    entities: null,
    entitiesCheckedAt: null,
  };
}

/** The newest that is known: what Amazon did not say now still stands. */
export function newestStatus(
  stored: AccountStatus | null,
  answer: AccountStatus | null,
): AccountStatus | null {
  if (!answer || !stored || answer.entities) return answer ?? stored;
  return { ...answer, entities: stored.entities, entitiesCheckedAt: stored.entitiesCheckedAt };
}

/** Reads what the state row keeps as JSON; a row of an earlier version lacks what was added since. */
export function storedAccountStatus(json: string | null): AccountStatus | null {
  if (json === null) return null;
  const stored = JSON.parse(json) as StoredStatus;
  const { checkedAt, entitiesCheckedAt } = stored;
  return {
    ...stored,
    productionAccess: stored.productionAccess ?? null,
    review: stored.review ?? null,
    checkedAt: new Date(checkedAt),
    entities: stored.entities ?? null,
    entitiesCheckedAt: entitiesCheckedAt ? new Date(entitiesCheckedAt) : null,
  };
}

type Added = 'productionAccess' | 'review' | 'entities';
type StoredStatus = Omit<AccountStatus, 'checkedAt' | 'entitiesCheckedAt' | Added> &
  Partial<Pick<AccountStatus, Added>> & { checkedAt: string; entitiesCheckedAt?: string | null };
