import { randomUUID } from 'node:crypto';
import type { PendingEvent } from '../events/ses-events.js';
import type { SendPause } from '../guard/send-pause.js';
import type { CheckedMessage } from './check-message.js';
import { everyone } from './read-recipients.js';
import type { SendReceipt } from './send-receipt.js';

/** A message that the guard holds back: what its sender gets, and what is told of it. */
export function holdBack(
  message: CheckedMessage,
  paused: SendPause,
  at: Date,
): { receipt: SendReceipt; event: PendingEvent } {
  const recipients = everyone(message.recipients).map(({ given }) => given);
  return {
    receipt: { status: 'paused', messageId: null, accepted: [], suppressed: [], paused },
    event: {
      name: 'ses.send.paused',
      payload: {
        id: `paused:${randomUUID()}`,
        at,
        stream: message.stream.name,
        messageId: null,
        address: recipients.length === 1 ? recipients[0]! : null,
        recipients,
        reason: paused.reason,
        until: paused.until,
      },
    },
  };
}
