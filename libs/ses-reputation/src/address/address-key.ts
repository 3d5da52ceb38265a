import { createHash } from 'node:crypto';
import { parseAddrSpec, writeLocal, type AddrSpec } from './addr-spec.js';

/**
 * The look-up key of an address: equal for every spelling that SES delivers to the same mailbox. Always
 * ASCII, so that no database collation can make two keys equal. Plus tags and dots stay: they are
 * different mailboxes. `null` if the text is not one address.
 */
export function addressKey(address: string): string | null {
  const spec = parseAddrSpec(address);
  return spec && keyOf(spec);
}

export function keyOf({ local, domain }: AddrSpec): string {
  const key = `${escapeNonAscii(writeLocal(local.toLowerCase()))}@${domain}`;
  // Escapes can make a key longer than its column; 64 hex digits and the longest domain fit exactly.
  return key.length <= 320 ? key : `${createHash('sha256').update(key).digest('hex')}@${domain}`;
}

/** The domain part of a look-up key. */
export function domainOfKey(key: string): string {
  return key.slice(key.lastIndexOf('@') + 1);
}

/** Amazon's mailbox simulator: its addresses count in no rate and land on no list. */
export function isMailboxSimulator(key: string): boolean {
  return domainOfKey(key) === 'simulator.amazonses.com';
}

/** How a key writes what is not printable ASCII. */
export function escapeNonAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}
