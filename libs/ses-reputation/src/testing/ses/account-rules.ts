import { FLAG, listOf, numberThat, oneOf, type RulesFor, wholeNumber } from '../members-check.js';
import type { AccountOptions } from './account.js';

const REASONS = ['BOUNCE', 'COMPLAINT'];

/** What the options of the simulated account may be. */
export const ACCOUNT_RULES: RulesFor<AccountOptions> = {
  productionAccess: FLAG,
  sendRate: numberThat('recipients a second, more than 0', (rate) => rate > 0),
  quota: wholeNumber('recipients in 24 hours, a whole number, or -1 for no limit', -1),
  sendingEnabled: FLAG,
  enforcementStatus: oneOf('HEALTHY', 'PROBATION', 'SHUTDOWN'),
  suppressedReasons: listOf(`a list of ${REASONS.join(' and ')}`, (reason) => REASONS.includes(reason)),
};
