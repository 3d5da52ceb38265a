import type { SubscriptionReport } from '../ses-event/ses-event.js';
import { counts, entryId, entryOf, type EntryContext, type FeedbackEntry } from './entry.js';

/** Who opts out of everything gets no more of the stream; where that is unknown, of any that can be left. */
export function subscriptionEntries(event: SubscriptionReport, context: EntryContext): FeedbackEntry[] {
  const { at, details, mail } = event;
  if (at === null && !details.unsubscribedAll) return [];
  const recipient = event.recipients[0] ?? null;
  const id = entryId(event, recipient);
  const { messageId, stream, sentAt } = mail;
  const scopes = stream === null ? context.unsubscribable : [stream];
  const optsOut = details.unsubscribedAll && recipient !== null && counts(recipient);
  const entry = entryOf(event, recipient, context, {
    id,
    category: details.unsubscribedAll ? 'unsubscribe' : null,
    stored: true,
    suppression: optsOut
      ? { reason: 'unsubscribe', scopes, note: "opted out by SES's own unsubscribe link" }
      : null,
  });
  const address = recipient?.address ?? null;
  const payload = { id, at: entry.at, address, messageId, stream, sentAt, ...details };
  return [{ ...entry, events: [{ name: 'ses.subscription', payload }] }];
}
