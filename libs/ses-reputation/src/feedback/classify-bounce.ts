import { isMailboxSimulator } from '../address/address-key.js';
import type { SuppressionReason } from '../suppression/suppression-reason.js';
import { blamesSender } from './blames-sender.js';
import type { BounceDetails } from './ses-event/bounce.js';
import type { EventRecipient } from './ses-event/recipient.js';

/**
 * What a bounce is, for one recipient.
 * - `hard`: the address is bad
 * - `listed`: SES did not even try, the address is on the account's own suppression list
 * - `blocked`: the sender is to blame
 * - `soft`: the mailbox could not take mail this time
 * - `auto-reply`: somebody is out of office
 * - `content`: this message was refused for what or how large it is
 * - `simulator`: one of Amazon's test addresses
 * - `unknown`: a bounce type that can't be read
 */
export type BounceCategory =
  'hard' | 'listed' | 'blocked' | 'soft' | 'auto-reply' | 'content' | 'simulator' | 'unknown';

export interface BounceVerdict {
  category: BounceCategory;
  /** Why the address is to be suppressed; `null` if it is not. */
  suppress: Extract<SuppressionReason, 'hard-bounce' | 'account-list'> | null;
  /** What it counts as; `excluded` takes its mail out of the volume. */
  counter: 'hardBounces' | 'softBounces' | 'excluded' | null;
}

/** Soft whatever the type says. */
const PASSING = new Set(['mailboxfull', 'undetermined']);
const CONTENT = new Set(['messagetoolarge', 'contentrejected', 'attachmentrejected']);

/**
 * Amazon counts every permanent bounce, 5.7.x included, except those of the account's own list. Which of them
 * also say that the address is bad is another question, and the answer to it decides about suppression.
 */
export function classifyBounce(
  bounce: BounceDetails,
  recipient: Pick<EventRecipient, 'key' | 'status' | 'diagnostic'>,
): BounceVerdict {
  if (recipient.key !== null && isMailboxSimulator(recipient.key)) return verdict('simulator', null, null);
  const subType = bounce.bounceSubType?.toLowerCase() ?? '';
  switch (bounce.bounceType?.toLowerCase()) {
    case 'permanent':
      return permanent(subType, recipient);
    case 'transient':
    case 'undetermined':
      return passing(subType, recipient);
    default:
      return verdict('unknown', null, null);
  }
}

function permanent(subType: string, recipient: Pick<EventRecipient, 'status' | 'diagnostic'>): BounceVerdict {
  if (subType === 'onaccountsuppressionlist') return verdict('listed', 'account-list', 'excluded');
  if (subType === 'suppressed') return verdict('hard', 'hard-bounce', 'hardBounces');
  if (CONTENT.has(subType)) return verdict('content', null, 'hardBounces');
  if (PASSING.has(subType)) return verdict('soft', null, 'softBounces');
  if (blamesSender(recipient)) return verdict('blocked', null, 'hardBounces');
  return verdict('hard', 'hard-bounce', 'hardBounces');
}

function passing(subType: string, recipient: Pick<EventRecipient, 'status' | 'diagnostic'>): BounceVerdict {
  if (CONTENT.has(subType)) return verdict('content', null, null);
  if (subType === 'mailboxfull') return verdict('soft', null, 'softBounces');
  if (subType === 'general' && recipient.status === null && recipient.diagnostic === null)
    return verdict('auto-reply', null, null);
  if (blamesSender(recipient)) return verdict('blocked', null, 'softBounces');
  return verdict('soft', null, 'softBounces');
}

function verdict(
  category: BounceCategory,
  suppress: BounceVerdict['suppress'],
  counter: BounceVerdict['counter'],
): BounceVerdict {
  return { category, suppress, counter };
}
