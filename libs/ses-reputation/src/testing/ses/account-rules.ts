import {
  FLAG,
  listOf,
  numberThat,
  objectOf,
  oneOf,
  orNull,
  type RulesFor,
  TEXT,
  wholeNumber,
} from '../members-check.js';
import type { AccountChanges, AccountOptions, AccountReview } from './account.js';

const REASONS = ['BOUNCE', 'COMPLAINT'];

const SEND_RATE = numberThat('recipients a second, more than 0', (rate) => rate > 0);
const QUOTA = wholeNumber('recipients in 24 hours, a whole number, or -1 for no limit', -1);
const STATUS = oneOf('HEALTHY', 'PROBATION', 'SHUTDOWN');
const REVIEW: RulesFor<AccountReview> = {
  status: oneOf('PENDING', 'FAILED', 'GRANTED', 'DENIED'),
  caseId: TEXT,
};

/** What may change of it later. */
export const ACCOUNT_CHANGE_RULES: RulesFor<AccountChanges> = {
  enforcementStatus: STATUS,
  sendingEnabled: FLAG,
  review: orNull(objectOf(REVIEW)),
  sendRate: SEND_RATE,
  quota: QUOTA,
};

/** What the options of the simulated account may be. */
export const ACCOUNT_RULES: RulesFor<AccountOptions> = {
  productionAccess: FLAG,
  sendRate: SEND_RATE,
  quota: QUOTA,
  sendingEnabled: FLAG,
  enforcementStatus: STATUS,
  enforceFrom: wholeNumber('emails, a whole number of 1 or more', 1),
  suppressedReasons: listOf(`a list of ${REASONS.join(' and ')}`, (reason) => REASONS.includes(reason)),
};
