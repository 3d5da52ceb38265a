import type { BounceEvent, PendingEvent } from '../../events/ses-events.js';
import { EVERY_STREAM } from '../../suppression/suppressed-address.entity.js';
import { classifyBounce } from '../classify-bounce.js';
import { isVerified } from '../is-verified.js';
import { meaningId } from '../meaning-id.js';
import type { EventRecipient } from '../ses-event/recipient.js';
import type { BounceReport } from '../ses-event/ses-event.js';
import {
  entryId,
  entryOf,
  fact,
  factId,
  payloadOf,
  type EntryContext,
  type Fact,
  type FeedbackEntry,
} from './entry.js';

export function bounceEntries(event: BounceReport, context: EntryContext): FeedbackEntry[] {
  return event.recipients.map((recipient) => bounceEntry(event, recipient, context));
}

function bounceEntry(event: BounceReport, recipient: EventRecipient, context: EntryContext): FeedbackEntry {
  const { bounceType, bounceSubType } = event.details;
  const { category, suppress, counter } = classifyBounce(event.details, recipient);
  const id = entryId(event, recipient);
  const subType = `${bounceType ?? 'unknown'}/${bounceSubType ?? 'unknown'}`;
  const payload: BounceEvent = {
    ...payloadOf(id, event, recipient, context),
    feedbackId: event.feedbackId,
    bounceType: bounceType ?? 'unknown',
    bounceSubType: bounceSubType ?? 'unknown',
    status: recipient.status,
    diagnostic: recipient.diagnostic,
    category,
  };
  const facts: Fact[] = [];
  // Amazon leaves out hard bounces from identities of the account's own; their mail stays in the volume.
  const leftOut = counter === 'hardBounces' && isVerified(recipient.key, context.verified);
  if (counter !== null && !leftOut) {
    // A message bounces once for a recipient, whatever number of reports come of it.
    facts.push(fact(factId(counter, event, recipient), event, recipient, context, counter));
  }
  return entryOf(event, recipient, context, {
    id,
    category,
    subType,
    stored: true,
    facts,
    suppression: suppress && {
      reason: suppress,
      scopes: [EVERY_STREAM],
      note: [`bounce ${subType}`, recipient.status, recipient.diagnostic].filter(Boolean).join(', '),
    },
    soft: category === 'soft',
    events: bounceEvents(payload),
  });
}

function bounceEvents(payload: BounceEvent): PendingEvent[] {
  const hard = payload.bounceType.toLowerCase() === 'permanent';
  const events: PendingEvent[] = [{ name: hard ? 'ses.bounce.hard' : 'ses.bounce.soft', payload }];
  if (payload.category === 'blocked') {
    const { address, messageId, stream, sentAt, at, status, diagnostic } = payload;
    events.push({
      name: 'ses.reputation.blocked',
      payload: {
        id: meaningId('blocked', payload.id),
        at,
        address,
        messageId,
        stream,
        sentAt,
        status,
        diagnostic,
      },
    });
  }
  return events;
}
