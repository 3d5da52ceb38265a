import { randomUUID } from 'node:crypto';
import type { PendingEvent } from '../events/ses-events.js';
import type { CheckedMessage } from './check-message.js';
import { everyone } from './read-recipients.js';
import type { SuppressedRecipient } from './send-receipt.js';

/** SES took the message. */
export function sentEvent(
  { stream }: CheckedMessage,
  messageId: string,
  accepted: string[],
  unchecked: boolean,
  at: Date,
): PendingEvent {
  const id = `sent:${messageId}`;
  const address = onlyOne(accepted);
  return {
    name: 'ses.send.sent',
    payload: { id, at, stream: stream.name, messageId, address, accepted, unchecked },
  };
}

/** Recipients were left out. */
export function suppressedEvent(
  { stream }: CheckedMessage,
  messageId: string | null,
  suppressed: SuppressedRecipient[],
  at: Date,
): PendingEvent {
  const id = `suppressed:${messageId ?? randomUUID()}`;
  const address = onlyOne(suppressed.map(({ address }) => address));
  return {
    name: 'ses.send.suppressed',
    payload: { id, at, stream: stream.name, messageId, address, suppressed },
  };
}

/** The message could not be sent. */
export function failedEvent(
  { stream, recipients: to }: CheckedMessage,
  error: Error,
  at: Date,
): PendingEvent {
  const recipients = everyone(to).map(({ given }) => given);
  return {
    name: 'ses.send.failed',
    payload: { id: `failed:${randomUUID()}`, at, stream: stream.name, messageId: null, recipients, error },
  };
}

function onlyOne(addresses: string[]): string | null {
  return addresses.length === 1 ? addresses[0]! : null;
}
