import type { SendPause } from '../guard/send-pause.js';
import type { SuppressionReason } from '../suppression/suppression-reason.js';

/** A recipient that was left out. */
export interface SuppressedRecipient {
  /** As given, without its display name. */
  address: string;
  reason: SuppressionReason;
  since: Date;
}

/**
 * - `sent`: SES took the message for every recipient
 * - `partial`: for some; the others are suppressed
 * - `suppressed`: every recipient is, and SES was not called
 * - `paused`: the guard holds the stream back, and SES was not called. Nothing is kept: send it again later
 */
export type SendStatus = 'sent' | 'partial' | 'suppressed' | 'paused';

/** What became of a message. */
export interface SendReceipt {
  status: SendStatus;
  /** SES's message id, as feedback names it; `null` if nothing was sent. */
  messageId: string | null;
  /** Recipients SES took, as given, without display names; each mailbox once. */
  accepted: string[];
  suppressed: SuppressedRecipient[];
  /** With status `paused` only. */
  paused?: SendPause;
}
