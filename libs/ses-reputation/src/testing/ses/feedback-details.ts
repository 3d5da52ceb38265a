import {
  checkMembers,
  listOf,
  oneOf,
  TEXT,
  TEXT_OR_NULL,
  type Rules,
  type RulesFor,
} from '../members-check.js';
import type { BounceDetails, ComplaintDetails } from './event-bodies.js';
import { UnknownRecipientError } from './outbox.js';
import type { AcceptedMail } from './sent-mail.js';

/** Which recipients an event is about. Both ways at once is a TypeError. */
export interface Concerning {
  /** Default: see the method. */
  recipients?: string[];
  /** Short for `recipients` with one address. */
  recipient?: string;
}

const CONCERNING: RulesFor<Concerning> = {
  recipients: {
    ...listOf('a list of one address or more'),
    inRange: (addresses: string[]) => addresses.length > 0,
  },
  recipient: TEXT,
};

const BOUNCE_TYPE = oneOf('Permanent', 'Transient', 'Undetermined');
const BOUNCE: RulesFor<BounceDetails> = {
  bounceType: BOUNCE_TYPE,
  type: BOUNCE_TYPE,
  bounceSubType: TEXT,
  subType: TEXT,
  status: TEXT_OR_NULL,
  diagnosticCode: TEXT_OR_NULL,
  action: TEXT_OR_NULL,
};

const COMPLAINT: RulesFor<ComplaintDetails> = {
  complaintFeedbackType: TEXT_OR_NULL,
  type: TEXT_OR_NULL,
  complaintSubType: TEXT_OR_NULL,
  subType: TEXT_OR_NULL,
  userAgent: TEXT,
  arrivalDate: TEXT,
};

/** @throws TypeError or RangeError for what a bounce does not have */
export function readBounce(given: BounceDetails & Concerning): BounceDetails {
  checkMembers('bounce()', given, { ...BOUNCE, ...CONCERNING });
  return {
    ...given,
    bounceType: either('bounce()', given, 'bounceType', 'type'),
    bounceSubType: either('bounce()', given, 'bounceSubType', 'subType'),
  };
}

/** @throws TypeError or RangeError for what a complaint does not have */
export function readComplaint(given: ComplaintDetails & Concerning): ComplaintDetails {
  checkMembers('complain()', given, { ...COMPLAINT, ...CONCERNING });
  return {
    ...given,
    complaintFeedbackType: either('complain()', given, 'complaintFeedbackType', 'type'),
    complaintSubType: either('complain()', given, 'complaintSubType', 'subType'),
  };
}

/** @throws TypeError or RangeError for a member that is not in `rules` and concerns no recipient */
export function checkConcerning(where: string, given: object, rules: Rules): void {
  checkMembers(where, given, { ...rules, ...CONCERNING });
}

/**
 * The recipients an event is about, in the spelling given, in any case as receiving servers report them.
 *
 * @throws UnknownRecipientError for somebody whom that mail was not for; TypeError
 */
export function recipientsOf(
  where: string,
  mail: AcceptedMail,
  given: Concerning,
  usual: string[],
): string[] {
  const one = given.recipient === undefined ? undefined : [given.recipient];
  const recipients = either(
    where,
    { recipient: one, recipients: given.recipients },
    'recipients',
    'recipient',
  );
  const known = new Set(mail.recipients.map((address) => address.toLowerCase()));
  for (const address of recipients ?? [])
    if (!known.has(address.toLowerCase())) throw new UnknownRecipientError(address, mail.id, mail.recipients);
  return recipients ?? usual;
}

/** The value under its long or its short name. */
function either<T extends object, Long extends keyof T, Short extends keyof T>(
  where: string,
  given: T,
  long: Long,
  short: Short,
): T[Long] | T[Short] {
  if (given[long] !== undefined && given[short] !== undefined)
    throw new TypeError(
      `${where}: ${String(long)} and ${String(short)} are two names of one thing; give one`,
    );
  return given[long] === undefined ? given[short] : given[long];
}
