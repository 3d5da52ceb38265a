import type { PendingEvent } from '../../events/ses-events.js';
import type { Counter } from '../../reputation/reputation-bucket.entity.js';
import type { EventRecipient } from '../ses-event/recipient.js';
import type {
  DelayReport,
  RejectReport,
  RenderingFailureReport,
  SendReport,
  SesEvent,
} from '../ses-event/ses-event.js';
import { counts, entryId, entryOf, fact, payloadOf, type EntryContext, type FeedbackEntry } from './entry.js';

/**
 * Mail that SES took. This app's mailer has counted its own already; what other apps and other ways of
 * sending put on the account is known from these events alone.
 */
export function sendEntries(event: SendReport, context: EntryContext): FeedbackEntry[] {
  const { app, stream, tagged } = event.mail;
  const own = app === context.app && stream !== null;
  const counters: Counter[] = tagged ? ['sent'] : ['sent', 'unaccounted'];
  return event.recipients.map((recipient) => {
    const id = entryId(event, recipient);
    const counted = !own && counts(recipient);
    return entryOf(event, recipient, context, {
      id,
      stored: false,
      facts: counted ? [fact(id, event, recipient, context, ...counters)] : [],
    });
  });
}

export function delayEntries(event: DelayReport, context: EntryContext): FeedbackEntry[] {
  const { delayType } = event.details;
  return failureEntries(event, context, 'delays', delayType, (id, recipient) => {
    const { status, diagnostic } = recipient;
    return {
      name: 'ses.delay',
      payload: { ...payloadOf(id, event, recipient, context), delayType, status, diagnostic },
    };
  });
}

export function rejectEntries(event: RejectReport, context: EntryContext): FeedbackEntry[] {
  return failureEntries(event, context, 'rejects', null, (id, recipient) => ({
    name: 'ses.reject',
    payload: { ...payloadOf(id, event, recipient, context), ...event.details },
  }));
}

export function renderingFailureEntries(
  event: RenderingFailureReport,
  context: EntryContext,
): FeedbackEntry[] {
  return failureEntries(event, context, 'renderingFailures', null, (id, recipient) => ({
    name: 'ses.rendering-failure',
    payload: { ...payloadOf(id, event, recipient, context), ...event.details },
  }));
}

/** Failures that say nothing about the address: a row, a count and an event for each recipient. */
function failureEntries(
  event: SesEvent,
  context: EntryContext,
  counter: Counter,
  subType: string | null,
  raise: (id: string, recipient: EventRecipient) => PendingEvent,
): FeedbackEntry[] {
  return event.recipients.map((recipient) => {
    const id = entryId(event, recipient);
    return entryOf(event, recipient, context, {
      id,
      subType,
      stored: true,
      facts: counts(recipient) ? [fact(id, event, recipient, context, counter)] : [],
      events: [raise(id, recipient)],
    });
  });
}
