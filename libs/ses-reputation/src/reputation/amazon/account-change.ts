import type { AccountChangedEvent, AccountStanding } from '../../events/ses-events.js';
import type { AccountStatus } from './account-status.js';
import { entityChanges } from './reputation-entities.js';

/** What changed of the account between two answers of Amazon's, if anything did. The first is news only if it is bad. */
export function accountChange(
  before: AccountStatus | null,
  after: AccountStatus,
): Pick<AccountChangedEvent, 'from' | 'to' | 'entities'> | null {
  const from = before && standing(before);
  const to = standing(after);
  const entities = after.entities ? entityChanges(before?.entities ?? [], after.entities) : [];
  const isNews = from ? !isSame(from, to) : to.enforcement !== 'HEALTHY' || !to.sendingEnabled;
  return isNews || entities.length > 0 ? { from, to, entities } : null;
}

function isSame(a: AccountStanding, b: AccountStanding): boolean {
  return (
    a.enforcement === b.enforcement &&
    a.sendingEnabled === b.sendingEnabled &&
    // What was not said, as by an earlier version of this module, is no change.
    (a.productionAccess === null ||
      b.productionAccess === null ||
      a.productionAccess === b.productionAccess) &&
    a.review?.status === b.review?.status &&
    a.review?.caseId === b.review?.caseId
  );
}

function standing({ enforcement, sendingEnabled, productionAccess, review }: AccountStatus): AccountStanding {
  return { enforcement, sendingEnabled, productionAccess, review };
}
