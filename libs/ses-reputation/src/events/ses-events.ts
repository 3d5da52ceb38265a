import type { ReputationLevel } from '../reputation/levels.js';
import type { SuppressionReason } from '../suppression/suppression-reason.js';

/** What every event has. */
export interface SesEventBase {
  /** Stable across redelivery: use it to handle an event once. */
  id: string;
  at: Date;
}

/** An SES event about one recipient. */
export interface RecipientEvent extends SesEventBase {
  /** As SES wrote it. */
  address: string;
  messageId: string | null;
  /** `null` for mail without this module's tags. */
  stream: string | null;
  /** When the mail was sent. */
  sentAt: Date | null;
}

export interface BounceEvent extends RecipientEvent {
  feedbackId: string | null;
  bounceType: string;
  bounceSubType: string;
  /** Enhanced status code (RFC 3463), e.g. `5.1.1`. */
  status: string | null;
  diagnostic: string | null;
  /** What was made of it: `hard`, `listed` (the account's own list), `blocked`, `soft`, `auto-reply`, `content`,
   * `simulator`, `unknown`. */
  category: string;
}

export interface ComplaintEvent extends RecipientEvent {
  feedbackId: string | null;
  /** `abuse`, `not-spam`, ... */
  complaintType: string | null;
  /** How many recipients the complaint may have come from; SES does not always know. */
  candidates: number;
}

export interface DeliveryEvent extends RecipientEvent {
  smtpResponse: string | null;
}

export interface DelayEvent extends RecipientEvent {
  delayType: string | null;
  status: string | null;
  diagnostic: string | null;
}

export interface RejectEvent extends RecipientEvent {
  reason: string | null;
}

export interface RenderingFailureEvent extends RecipientEvent {
  errorMessage: string | null;
  templateName: string | null;
}

/** SES does not say which recipient it was: known only of mail to one. */
export interface SomeRecipientEvent extends Omit<RecipientEvent, 'address'> {
  address: string | null;
}

export interface EngagementEvent extends SomeRecipientEvent {
  userAgent: string | null;
  /** Clicks only. */
  link: string | null;
}

export interface SubscriptionEvent extends SomeRecipientEvent {
  contactList: string | null;
  /** Opted out of everything. */
  unsubscribedAll: boolean;
}

export interface UnsubscribeEvent extends SesEventBase {
  address: string;
  /** The one stream it is for; `null` if it is for several, or for every stream. */
  stream: string | null;
  /** The streams it now holds for. */
  streams: string[];
}

export interface SuppressionAddedEvent extends SesEventBase {
  address: string;
  reason: SuppressionReason;
  /** `*` for every stream, or one stream's name. */
  scope: string;
  stream: string | null;
  /** The mail that the feedback behind it is about; `null` if it did not come from feedback. */
  messageId: string | null;
}

export interface SuppressionRemovedEvent extends SesEventBase {
  address: string;
  scope: string;
  stream: string | null;
  actor: string | null;
}

export interface SendEvent extends SesEventBase {
  stream: string;
  messageId: string | null;
}

export interface SentEvent extends SendEvent {
  /** The recipient where there is exactly one, as given. */
  address: string | null;
  messageId: string;
  accepted: string[];
  /** The suppression list could not be read, and the stream is set to send all the same. */
  unchecked: boolean;
}

export interface SendSuppressedEvent extends SendEvent {
  /** Who was left out, where it is exactly one. */
  address: string | null;
  suppressed: { address: string; reason: SuppressionReason; since: Date }[];
}

export interface SendFailedEvent extends SendEvent {
  recipients: string[];
  error: Error;
}

export interface ReputationEvent extends SesEventBase {
  metric: 'bounce' | 'complaint';
  /** Fraction, 0..1. */
  rate: number;
  count: number;
  volume: number;
}

export interface ReputationApproachingEvent extends ReputationEvent {
  /** The limit that is near, and its rate. */
  limit: Exclude<ReputationLevel, 'healthy'>;
  limitRate: number;
}

export interface ReputationChangedEvent extends ReputationEvent {
  from: ReputationLevel;
  to: ReputationLevel;
}

export interface ReputationBlockedEvent extends RecipientEvent {
  status: string | null;
  diagnostic: string | null;
}

export interface AccountChangedEvent extends SesEventBase {
  /** `null`: Amazon's first answer. */
  from: AccountStanding | null;
  to: AccountStanding;
  /** Identities and configuration sets whose impact or status changed. */
  entities: ReputationEntityChange[];
}

export interface AccountStanding {
  enforcement: string;
  sendingEnabled: boolean;
  /** `null` if Amazon did not say. */
  productionAccess: boolean | null;
  /** Amazon's review of the request for production access. */
  review: { status: string; caseId: string | null } | null;
}

/** How SES rates an identity or configuration set, before and after; `null`: not known, or no longer among the worst. */
export interface ReputationEntityChange {
  arn: string;
  from: { impact: string | null; status: string } | null;
  to: { impact: string | null; status: string } | null;
}

export interface SendPausedEvent extends SendEvent {
  messageId: null;
  /** The recipient where there is exactly one, as given. */
  address: string | null;
  recipients: string[];
  /** Why the stream is paused, and until when if that is known. */
  reason: string;
  until: Date | null;
}

export interface GuardChangedEvent extends SesEventBase {
  stream: string;
  from: GuardMode;
  to: GuardMode;
  /** Share of the stream's mail that goes out, from 0 to 1. */
  share: number;
  /** `level`: the guard's own decision; `manual`: somebody's. */
  cause: 'level' | 'manual';
  reason: string;
  actor: string | null;
  until: Date | null;
  /** `false` where the guard only observes: nothing is held back. */
  enforced: boolean;
}

/** `probing`: a share of the stream's mail goes out. */
export type GuardMode = 'open' | 'paused' | 'probing';

/** Our rate and Amazon's own are further apart than they may be: mail or feedback is missing somewhere. */
export interface ReputationDiffersEvent extends SesEventBase {
  metric: 'bounce' | 'complaint';
  /** Fractions, 0..1. */
  ours: number;
  amazons: number;
  /** `ours` less `amazons`. */
  difference: number;
  tolerance: number;
}

/** Mail on the account that no application with this module sent. */
export interface UnaccountedEvent extends SesEventBase {
  /** `send-events`: `Send` events without our tags; `quota`: SES counted more in 24 hours than was sent here. */
  source: 'send-events' | 'quota';
  /** Recipients in the last 24 hours, and their share of all mail (0 to 1). */
  volume: number;
  share: number;
}

/** Mail goes out, and no feedback of any kind comes back. */
export interface FeedbackSilentEvent extends SesEventBase {
  /** Recipients mailed since then. */
  volume: number;
  /** When SES was last heard; `null`: never. */
  lastHeardAt: Date | null;
  /** What to look at, most likely cause first. */
  check: string[];
}

export interface TopicEvent extends SesEventBase {
  topicArn: string;
}

/** Every event this module raises, by name. `@OnSesEvent` and `EventEmitter2` listeners get these payloads. */
export interface SesEvents {
  'ses.bounce.hard': BounceEvent;
  'ses.bounce.soft': BounceEvent;
  'ses.complaint': ComplaintEvent;
  'ses.delivery': DeliveryEvent;
  'ses.delay': DelayEvent;
  'ses.reject': RejectEvent;
  'ses.open': EngagementEvent;
  'ses.click': EngagementEvent;
  'ses.rendering-failure': RenderingFailureEvent;
  'ses.subscription': SubscriptionEvent;
  'ses.unsubscribe': UnsubscribeEvent;
  'ses.suppression.added': SuppressionAddedEvent;
  'ses.suppression.removed': SuppressionRemovedEvent;
  'ses.send.sent': SentEvent;
  'ses.send.suppressed': SendSuppressedEvent;
  'ses.send.failed': SendFailedEvent;
  'ses.send.paused': SendPausedEvent;
  'ses.reputation.approaching': ReputationApproachingEvent;
  'ses.reputation.changed': ReputationChangedEvent;
  'ses.reputation.blocked': ReputationBlockedEvent;
  'ses.reputation.recovered': ReputationChangedEvent;
  'ses.reputation.differs': ReputationDiffersEvent;
  'ses.guard.changed': GuardChangedEvent;
  'ses.account.changed': AccountChangedEvent;
  'ses.unaccounted': UnaccountedEvent;
  'ses.feedback.silent': FeedbackSilentEvent;
  'ses.feedback.subscribed': TopicEvent;
  'ses.feedback.unsubscribed': TopicEvent;
}

export type SesEventName = keyof SesEvents;

/** One event on its way: collected inside a transaction, raised after its commit. */
export type PendingEvent = {
  [N in SesEventName]: {
    name: N;
    payload: SesEvents[N];
    /** Names somebody who was erased: raised at once by this process, and written down nowhere. */
    unstored?: boolean;
  };
}[SesEventName];
