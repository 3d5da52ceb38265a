import { isMailboxSimulator } from '../address/address-key.js';
import type { SuppressionReason } from '../suppression/suppression-reason.js';
import type { ComplaintDetails } from './ses-event/complaint.js';
import type { EventRecipient } from './ses-event/recipient.js';

export interface ComplaintVerdict {
  /** `listed`: not a person's complaint; SES kept the mail back because of the account's own list. */
  category: 'complaint' | 'not-spam' | 'listed' | 'simulator';
  suppress: Extract<SuppressionReason, 'complaint' | 'account-list'> | null;
  /** What it counts as; `excluded` takes its mail out of the volume. */
  counter: 'complaints' | 'excluded' | null;
}

/** SES names candidates where it does not know who complained: each gets the same verdict. */
export function classifyComplaint(
  complaint: ComplaintDetails,
  candidate: Pick<EventRecipient, 'key'>,
): ComplaintVerdict {
  if (candidate.key !== null && isMailboxSimulator(candidate.key))
    return { category: 'simulator', suppress: null, counter: null };
  if (complaint.complaintSubType?.toLowerCase() === 'onaccountsuppressionlist')
    return { category: 'listed', suppress: 'account-list', counter: 'excluded' };
  // Somebody moved the mail out of the spam folder.
  if (complaint.complaintFeedbackType?.toLowerCase() === 'not-spam')
    return { category: 'not-spam', suppress: null, counter: null };
  return { category: 'complaint', suppress: 'complaint', counter: 'complaints' };
}
