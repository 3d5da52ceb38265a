import {
  listOf,
  MILLISECONDS,
  numberThat,
  objectOf,
  oneOf,
  textLike,
  wholeNumber,
  type RulesFor,
} from './members-check.js';
import { ACCOUNT_RULES } from './ses/account-rules.js';
import type { SesSimulatorOptions } from './simulator-options.js';

const RETRY: RulesFor<NonNullable<SesSimulatorOptions['retry']>> = {
  attempts: wholeNumber('a whole number of attempts, 1 or more', 1),
  delayMs: MILLISECONDS,
  timeoutMs: numberThat('milliseconds, more than 0', (ms) => ms > 0),
};

/** What the options of `SesSimulator.start` may be. */
export const START_RULES: RulesFor<SesSimulatorOptions> = {
  ...ACCOUNT_RULES,
  port: wholeNumber('a port from 0 to 65535, 0 for a free one', 0, 65_535),
  region: textLike('a region such as eu-west-1', /^[a-z]{2}(-[a-z]+)+-\d+$/),
  account: textLike('twelve digits', /^\d{12}$/),
  apiRate: numberThat('calls a second, more than 0', (rate) => rate > 0),
  retry: objectOf(RETRY),
  signatureVersion: oneOf('1', '2'),
  identities: listOf('a list of addresses and domains'),
  now: {
    expected: 'a function that gives milliseconds since the epoch',
    ofType: (value) => typeof value === 'function',
  },
};
