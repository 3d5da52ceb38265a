import type { EventRecipient } from '../ses-event/recipient.js';
import type { DeliveryReport } from '../ses-event/ses-event.js';
import { counts, entryOf, fact, payloadOf, type EntryContext, type FeedbackEntry } from './entry.js';
import { meaningId } from '../meaning-id.js';

export function deliveryEntries(event: DeliveryReport, context: EntryContext): FeedbackEntry[] {
  return event.recipients.map((recipient) => {
    const id = deliveryId(event.identity, recipient);
    return entryOf(event, recipient, context, {
      id,
      stored: false,
      delivered: counts(recipient) ? recipient.key : null,
      facts: counts(recipient) ? [fact(id, event, recipient, context, 'deliveries')] : [],
      events: [
        { name: 'ses.delivery', payload: { ...payloadOf(id, event, recipient, context), ...event.details } },
      ],
    });
  });
}

/**
 * A message is delivered to a recipient once, so its time is no part of the id. That way the delivery of a
 * message that bounced afterwards can be found from the bounce.
 */
export function deliveryId(
  messageId: string,
  { key, address }: Pick<EventRecipient, 'key' | 'address'>,
): string {
  return meaningId('delivery', messageId, key ?? address);
}
