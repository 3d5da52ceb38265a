import { eventTime } from './event-time.js';
import { objectOf, textOf } from './json.js';
import { readRecipients } from './recipient.js';

export interface BounceDetails {
  /** `Permanent`, `Transient`, `Undetermined`. */
  bounceType: string | null;
  bounceSubType: string | null;
}

export function readBounce(value: unknown) {
  const bounce = objectOf(value);
  const details: BounceDetails = {
    bounceType: textOf(bounce.bounceType, 63),
    bounceSubType: textOf(bounce.bounceSubType, 64),
  };
  return {
    recipients: readRecipients(bounce.bouncedRecipients),
    at: eventTime(bounce.timestamp),
    feedbackId: textOf(bounce.feedbackId, 255),
    details,
  };
}
