import type { SesEvent } from '../ses-event/ses-event.js';
import { bounceEntries } from './bounce-entries.js';
import { complaintEntries } from './complaint-entries.js';
import { deliveryEntries } from './delivery-entries.js';
import { engagementEntries } from './engagement-entries.js';
import { bareEntry, type EntryContext, type FeedbackEntry } from './entry.js';
import { delayEntries, rejectEntries, renderingFailureEntries, sendEntries } from './mail-entries.js';
import { subscriptionEntries } from './subscription-entries.js';

/** What an event means, recipient by recipient; each entry once, in whatever spellings the event names it. */
export function entriesOf(event: SesEvent, context: EntryContext): FeedbackEntry[] {
  const entries = new Map(read(event, context).map((entry) => [entry.id, entry]));
  return entries.size > 0 ? [...entries.values()] : [bareEntry(event, context)];
}

function read(event: SesEvent, context: EntryContext): FeedbackEntry[] {
  switch (event.type) {
    case 'bounce':
      return bounceEntries(event, context);
    case 'complaint':
      return complaintEntries(event, context);
    case 'delivery':
      return deliveryEntries(event, context);
    case 'delay':
      return delayEntries(event, context);
    case 'send':
      return sendEntries(event, context);
    case 'reject':
      return rejectEntries(event, context);
    case 'rendering-failure':
      return renderingFailureEntries(event, context);
    case 'open':
    case 'click':
      return engagementEntries(event, context);
    case 'subscription':
      return subscriptionEntries(event, context);
    case 'unknown':
      return [];
  }
}
