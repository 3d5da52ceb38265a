import { eventTime } from './event-time.js';
import { objectOf, textOf } from './json.js';
import { readRecipients } from './recipient.js';

export interface ComplaintDetails {
  /** `OnAccountSuppressionList`, or nothing. */
  complaintSubType: string | null;
  /** `abuse`, `not-spam`, ... (RFC 5965) */
  complaintFeedbackType: string | null;
}

export function readComplaint(value: unknown) {
  const complaint = objectOf(value);
  const details: ComplaintDetails = {
    complaintSubType: textOf(complaint.complaintSubType, 64),
    complaintFeedbackType: textOf(complaint.complaintFeedbackType, 63),
  };
  return {
    recipients: readRecipients(complaint.complainedRecipients),
    at: eventTime(complaint.timestamp),
    feedbackId: textOf(complaint.feedbackId, 255),
    details,
  };
}
