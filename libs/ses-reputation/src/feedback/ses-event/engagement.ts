import { eventTime } from './event-time.js';
import { objectOf, textOf } from './json.js';
import { onlyRecipient, type EventMail } from './mail.js';

export interface EngagementDetails {
  userAgent: string | null;
  /** Clicks only. */
  link: string | null;
}

/** Opens and clicks do not say which recipient it was. */
export function readEngagement(value: unknown, mail: EventMail) {
  const engagement = objectOf(value);
  const details: EngagementDetails = {
    userAgent: textOf(engagement.userAgent, 1_000),
    link: textOf(engagement.link, 2_000),
  };
  return {
    recipients: onlyRecipient(mail),
    at: eventTime(engagement.timestamp),
    feedbackId: null,
    details,
  };
}
