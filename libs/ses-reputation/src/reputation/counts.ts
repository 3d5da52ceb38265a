import type { Counter } from './reputation-bucket.entity.js';

/** What one fact adds to the counts, and where. */
export interface Booking {
  /** When the mail was sent: feedback is booked to its mail, so that a rate never passes 1. */
  sentAt: Date;
  /** `null` for mail without our tags: it counts for the account only. */
  stream: string | null;
  /** Recipient domain; `null` if none or untagged mail. */
  domain: string | null;
  counts: Partial<Record<Counter, number>>;
}
