import type { MailParts } from './dimension.js';
import type { Counter } from './reputation-bucket.entity.js';

/** What one fact adds to the counts, and where. */
export interface Booking extends MailParts {
  /** When the mail was sent: feedback is booked to its mail, so that a rate never passes 1. */
  sentAt: Date;
  counts: Partial<Record<Counter, number>>;
}
