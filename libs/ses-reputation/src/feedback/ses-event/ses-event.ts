import type { FeedbackType } from '../feedback-event.entity.js';
import type { BounceDetails } from './bounce.js';
import type { ComplaintDetails } from './complaint.js';
import type { DelayDetails, DeliveryDetails } from './delivery.js';
import type { EngagementDetails } from './engagement.js';
import type { EventMail } from './mail.js';
import type { EventRecipient } from './recipient.js';
import type { RejectDetails, RenderingFailureDetails } from './sending.js';
import type { SubscriptionDetails } from './subscription.js';

interface Common<T extends FeedbackType> {
  type: T;
  mail: EventMail;
  /** Those the event is about; empty if it names none that can be read. */
  recipients: EventRecipient[];
  /** The event's own time. */
  at: Date | null;
  feedbackId: string | null;
  /** What tells the event's mail from others: its message id; without one the event's whole content. */
  identity: string;
}

export type BounceReport = Common<'bounce'> & { details: BounceDetails };
export type ComplaintReport = Common<'complaint'> & { details: ComplaintDetails };
export type DeliveryReport = Common<'delivery'> & { details: DeliveryDetails };
export type DelayReport = Common<'delay'> & { details: DelayDetails };
export type SendReport = Common<'send'>;
export type RejectReport = Common<'reject'> & { details: RejectDetails };
export type RenderingFailureReport = Common<'rendering-failure'> & { details: RenderingFailureDetails };
export type EngagementReport = Common<'open' | 'click'> & { details: EngagementDetails };
export type SubscriptionReport = Common<'subscription'> & { details: SubscriptionDetails };
export type UnknownReport = Common<'unknown'>;

/** One event of SES, of either format, as far as it could be read. */
export type SesEvent =
  | BounceReport
  | ComplaintReport
  | DeliveryReport
  | DelayReport
  | SendReport
  | RejectReport
  | RenderingFailureReport
  | EngagementReport
  | SubscriptionReport
  | UnknownReport;
