import type { EngagementReport } from '../ses-event/ses-event.js';
import { counts, entryId, entryOf, fact, type EntryContext, type FeedbackEntry } from './entry.js';

/** One entry an open or click: whose it was is known only of mail to one recipient. */
export function engagementEntries(event: EngagementReport, context: EntryContext): FeedbackEntry[] {
  const { type, at, mail, details } = event;
  if (at === null) return [];
  const recipient = event.recipients[0] ?? null;
  const id = entryId(event, recipient, details.link);
  const { messageId, stream, sentAt, destination } = mail;
  const counted = destination.length === 0 || destination.some(counts);
  const counter = type === 'open' ? 'opens' : 'clicks';
  return [
    entryOf(event, recipient, context, {
      id,
      stored: false,
      facts: counted ? [fact(id, event, recipient, context, counter)] : [],
      events: [
        {
          name: `ses.${type}`,
          payload: { id, at, address: recipient?.address ?? null, messageId, stream, sentAt, ...details },
        },
      ],
    }),
  ];
}
