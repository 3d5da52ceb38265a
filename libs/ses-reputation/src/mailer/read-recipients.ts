import { MessageInvalidError } from './errors.js';
import type { MailMessage } from './message.js';
import { readMailboxes, type Mailbox } from './read-mailboxes.js';

export interface Recipients {
  to: Mailbox[];
  cc: Mailbox[];
  bcc: Mailbox[];
}

/** SES's limit for one message (developer guide, "Service quotas"). */
const MOST = 50;

/** Reads to, cc and bcc; a mailbox that is named again, in whatever spelling, is dropped there. */
export function readRecipients(message: Pick<MailMessage, 'to' | 'cc' | 'bcc'>): Recipients {
  const seen = new Set<string>();
  const fresh = ({ key }: Mailbox) => !seen.has(key) && seen.add(key);
  const to = readMailboxes('to', message.to).filter(fresh);
  const cc = readMailboxes('cc', message.cc).filter(fresh);
  const bcc = readMailboxes('bcc', message.bcc).filter(fresh);
  if (seen.size === 0) throw new MessageInvalidError('to', 'no recipient in to, cc or bcc');
  if (seen.size > MOST) {
    throw new MessageInvalidError(
      'to, cc, bcc',
      `${seen.size} recipients, and SES takes at most ${MOST} for one message; send several messages`,
    );
  }
  return { to, cc, bcc };
}

export function everyone({ to, cc, bcc }: Recipients): readonly Mailbox[] {
  return cc.length + bcc.length === 0 ? to : [...to, ...cc, ...bcc];
}

export function without(recipients: Recipients, keys: ReadonlyMap<string, unknown>): Recipients {
  const kept = (mailbox: Mailbox) => !keys.has(mailbox.key);
  return {
    to: recipients.to.filter(kept),
    cc: recipients.cc.filter(kept),
    bcc: recipients.bcc.filter(kept),
  };
}
