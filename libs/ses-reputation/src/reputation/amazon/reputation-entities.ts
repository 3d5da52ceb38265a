import type { ReputationEntity } from '@aws-sdk/client-sesv2';
import type { ReputationEntityChange } from '../../events/ses-events.js';

/** How Amazon rates one identity or configuration set (a "reputation entity" of SES). */
export interface ReputationEntityStatus {
  arn: string;
  /** `HIGH` or `LOW`: how much it harms the account; `null`: nothing found. */
  impact: string | null;
  /** `ENABLED`, `REINSTATED` or `DISABLED`: what Amazon's and the owner's status come to. `UNKNOWN` if not said. */
  status: string;
  amazonStatus: string | null;
  /** What the account's owner has set. */
  customerStatus: string | null;
  /** Amazon's reason, cut after 200 characters. */
  cause: string | null;
}

type EntityStanding = Pick<ReputationEntityStatus, 'impact' | 'status'>;

/** So many are kept, since an account may have 20,000. */
export const MOST_ENTITIES = 50;
const MOST_CAUSE = 200;

/** Reads Amazon's entities; one without an ARN can't be told apart and is left out. */
export function entityStatuses(entities: readonly ReputationEntity[]): ReputationEntityStatus[] {
  return entities.flatMap((entity) => {
    const arn = entity.ReputationEntityReference;
    if (!arn) return [];
    const { AwsSesManagedStatus: amazon, CustomerManagedStatus: customer } = entity;
    return {
      arn,
      impact: entity.ReputationImpact ?? null,
      status: entity.SendingStatusAggregate ?? 'UNKNOWN',
      amazonStatus: amazon?.Status ?? null,
      customerStatus: customer?.Status ?? null,
      cause: amazon?.Cause?.slice(0, MOST_CAUSE) ?? null,
    };
  });
}

/** The worst first: those that may not send, then those of high impact. */
export function worstEntities(entities: readonly ReputationEntityStatus[]): ReputationEntityStatus[] {
  const unique = [...new Map(entities.map((entity) => [entity.arn, entity])).values()];
  return unique
    .toSorted((a, b) => severity(b) - severity(a) || (a.arn < b.arn ? -1 : 1))
    .slice(0, MOST_ENTITIES);
}

/**
 * What changed of impact or status. An entity that was not known is news only if it is bad, and one that is gone
 * only if it was.
 */
export function entityChanges(
  before: readonly ReputationEntityStatus[],
  after: readonly ReputationEntityStatus[],
): ReputationEntityChange[] {
  const known = new Map(before.map((entity) => [entity.arn, entity]));
  const changes = after.flatMap((entity): ReputationEntityChange[] => {
    const from = known.get(entity.arn);
    known.delete(entity.arn);
    if (from ? isSame(from, entity) : !isBad(entity)) return [];
    return [{ arn: entity.arn, from: from ? standing(from) : null, to: standing(entity) }];
  });
  const gone = [...known.values()].filter(isBad);
  return [...changes, ...gone.map((entity) => ({ arn: entity.arn, from: standing(entity), to: null }))];
}

function severity({ status, impact }: EntityStanding): number {
  return (status === 'DISABLED' ? 4 : 0) + (impact === 'HIGH' ? 2 : impact === null ? 0 : 1);
}

function isBad({ status, impact }: EntityStanding): boolean {
  return status === 'DISABLED' || impact === 'HIGH';
}

function isSame(a: EntityStanding, b: EntityStanding): boolean {
  return a.impact === b.impact && a.status === b.status;
}

function standing({ impact, status }: EntityStanding): EntityStanding {
  return { impact, status };
}
