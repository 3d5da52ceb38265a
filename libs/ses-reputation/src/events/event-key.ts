import { addressKey, escapeNonAscii } from '../address/address-key.js';
import type { PendingEvent } from './ses-events.js';

const LONGEST = 320;

/**
 * What an event is about: events with the same key are delivered in order. The look-up key of its address, and
 * else a text without `@`, which no look-up key is; `null` if it stands by itself.
 */
export function eventKey(event: PendingEvent): string | null {
  const { address } = event.payload as { address?: unknown };
  if (typeof address === 'string') return addressKey(address);
  const subject = subjectOf(event);
  return subject && escapeNonAscii(subject).replaceAll('@', ' ').slice(0, LONGEST);
}

/** Not one for all alarms: where a pager fails for one kind, the others must not wait. */
function subjectOf(event: PendingEvent): string | null {
  switch (event.name) {
    case 'ses.reputation.approaching':
    case 'ses.reputation.changed':
    case 'ses.reputation.recovered':
      return `reputation:${event.payload.metric}`;
    case 'ses.reputation.differs':
      return `differs:${event.payload.metric}`;
    case 'ses.guard.changed':
      return `guard:${event.payload.stream}`;
    case 'ses.unaccounted':
      return `unaccounted:${event.payload.source}`;
    case 'ses.feedback.subscribed':
    case 'ses.feedback.unsubscribed':
      return `topic:${event.payload.topicArn}`;
    case 'ses.account.changed':
    case 'ses.feedback.silent':
      return event.name;
    default:
      return null;
  }
}
