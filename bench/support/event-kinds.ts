import { hardBounce } from './bounces.js';

/** Each with the `feedback.store` it is measured with. */
export const EVENT_KINDS = {
  'hard bounce': 'failures',
  complaint: 'failures',
  delivery: 'failures',
  'delivery, all stored': 'all',
} as const;

export type EventKind = keyof typeof EVENT_KINDS;

/** An event of a mail and an address that nothing was heard of before, as SES publishes it. */
export function eventOf(kind: EventKind): string {
  const bounce = JSON.parse(hardBounce());
  const { timestamp, feedbackId, bouncedRecipients } = bounce.bounce;
  const [{ emailAddress }] = bouncedRecipients;
  if (kind === 'hard bounce') return JSON.stringify(bounce);
  const { mail } = bounce;
  if (kind === 'complaint') {
    const complaint = {
      complainedRecipients: [{ emailAddress }],
      timestamp,
      feedbackId,
      complaintSubType: null,
      complaintFeedbackType: 'abuse',
      userAgent: 'Amazon SES Mailbox Simulator',
      arrivalDate: timestamp,
    };
    return JSON.stringify({ eventType: 'Complaint', complaint, mail });
  }
  const delivery = {
    timestamp,
    processingTimeMillis: 2_000,
    recipients: [emailAddress],
    smtpResponse: '250 2.0.0 OK',
    reportingMTA: 'a8-70.smtp-out.amazonses.com',
  };
  return JSON.stringify({ eventType: 'Delivery', delivery, mail });
}
