import { domainOfKey, isMailboxSimulator } from '../../address/address-key.js';
import type { PendingEvent, RecipientEvent } from '../../events/ses-events.js';
import type { Booking } from '../../reputation/counts.js';
import type { Counter } from '../../reputation/reputation-bucket.entity.js';
import { fitText } from '../../store/fit-text.js';
import type { SuppressionReason } from '../../suppression/suppression-reason.js';
import type { FeedbackEvent } from '../feedback-event.entity.js';
import { meaningId } from '../meaning-id.js';
import type { EventRecipient } from '../ses-event/recipient.js';
import type { SesEvent } from '../ses-event/ses-event.js';

/** What the reading of an event needs to know besides the event. */
export interface EntryContext {
  /** Own name among the apps of the account. */
  app: string;
  /** Streams whose mail can be unsubscribed from. */
  unsubscribable: readonly string[];
  /** Own verified identities, by look-up key or domain. */
  verified: ReadonlySet<string>;
  /** `all`: sends, deliveries, opens and clicks get a row too. */
  store: 'failures' | 'all';
  source: string;
  receivedAt: Date;
  /** The event's text. */
  raw: string;
}

/** Something that counts once, however many events tell of it. */
export interface Fact {
  id: string;
  booking: Booking;
}

/** An address to suppress, if nothing speaks against it. */
export interface WantedSuppression {
  reason: SuppressionReason;
  /** `*`, or streams. */
  scopes: readonly string[];
  note: string | null;
}

/** What one event says of one recipient, and what is to be done about it. */
export interface FeedbackEntry {
  /** Made from the meaning: the same feedback by another door has the same. */
  id: string;
  recipient: EventRecipient | null;
  at: Date;
  sentAt: Date | null;
  messageId: string | null;
  /** `null` if it is only counted. Not ready to be stored yet: see {@link storable}. */
  row: FeedbackEvent | null;
  facts: Fact[];
  suppression: WantedSuppression | null;
  /** Look-up key of a recipient who got the mail. */
  delivered: string | null;
  /** It may be one too many of a run of soft bounces. */
  soft: boolean;
  events: PendingEvent[];
}

/** Says what is special about an entry; the rest follows from the event. */
export interface EntryParts {
  id: string;
  category?: string | null;
  subType?: string | null;
  /** Give it a row even where only failures are stored. */
  stored: boolean;
  facts?: Fact[];
  suppression?: WantedSuppression | null;
  delivered?: string | null;
  soft?: boolean;
  events?: PendingEvent[];
}

export function entryOf(
  event: SesEvent,
  recipient: EventRecipient | null,
  context: EntryContext,
  parts: EntryParts,
): FeedbackEntry {
  const at = happenedAt(event, context);
  const { sentAt, messageId, stream } = event.mail;
  const row: FeedbackEvent = {
    id: parts.id,
    type: event.type,
    category: parts.category ?? null,
    address: recipient?.address ?? null,
    key: recipient?.key ?? null,
    messageId,
    feedbackId: event.feedbackId,
    stream,
    at,
    sentAt,
    receivedAt: context.receivedAt,
    source: fitText(context.source, 32),
    subType: parts.subType ?? null,
    status: recipient?.status ?? null,
    diagnostic: recipient?.diagnostic ?? null,
    raw: context.raw,
  };
  return {
    id: parts.id,
    recipient,
    at,
    sentAt,
    messageId,
    row: parts.stored || context.store === 'all' ? row : null,
    facts: parts.facts ?? [],
    suppression: parts.suppression ?? null,
    delivered: parts.delivered ?? null,
    soft: parts.soft ?? false,
    events: parts.events ?? [],
  };
}

/** An event of which no recipient, or nothing at all, can be read: kept as it came, and nothing done. */
export function bareEntry(event: SesEvent, context: EntryContext): FeedbackEntry {
  return entryOf(event, null, context, { id: entryId(event, null), stored: true });
}

/** SES's feedback id and the recipient; without one message, type, recipient and time. */
export function entryId(
  { type, feedbackId, identity, at }: SesEvent,
  recipient: EventRecipient | null,
  ...more: (string | null)[]
): string {
  const who = recipient && nameOf(recipient);
  return feedbackId === null
    ? meaningId('event', type, identity, who, at && at.getTime(), ...more)
    : meaningId('feedback', type, feedbackId, who);
}

/** Counts the event once for one recipient. An untagged mail's feedback counts for the account only. */
export function fact(
  id: string,
  event: SesEvent,
  recipient: EventRecipient | null,
  context: EntryContext,
  ...counters: Counter[]
): Fact {
  const { sentAt, stream, configurationSet } = event.mail;
  const key = recipient?.key ?? null;
  return {
    id,
    booking: {
      sentAt: sentAt === null || sentAt > context.receivedAt ? context.receivedAt : sentAt,
      stream,
      domain: stream === null || key === null ? null : domainOfKey(key),
      configurationSet: stream === null ? null : configurationSet,
      counts: Object.fromEntries(counters.map((counter) => [counter, 1])),
    },
  };
}

/** A fact of one message and recipient, whichever events tell of it. */
export function factId(name: string, { identity }: SesEvent, recipient: EventRecipient): string {
  return meaningId(name, identity, nameOf(recipient));
}

/** Amazon's test addresses count nowhere. */
export function counts({ key }: EventRecipient): boolean {
  return key === null || !isMailboxSimulator(key);
}

/** What every payload about a recipient has. */
export function payloadOf(
  id: string,
  event: SesEvent,
  { address }: EventRecipient,
  context: EntryContext,
): RecipientEvent {
  const { messageId, stream, sentAt } = event.mail;
  return { id, at: happenedAt(event, context), address, messageId, stream, sentAt };
}

function happenedAt({ at, mail }: SesEvent, { receivedAt }: EntryContext): Date {
  return at ?? mail.sentAt ?? receivedAt;
}

function nameOf({ key, address }: EventRecipient): string {
  return key ?? address;
}
