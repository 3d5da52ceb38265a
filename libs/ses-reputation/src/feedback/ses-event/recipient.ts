import { addressKey } from '../../address/address-key.js';
import { fitText } from '../../store/fit-text.js';
import { listOf, objectOf, textOf } from './json.js';

/** Longest address that the tables hold. */
const MOST = 320;

/** One recipient as an event names it. */
export interface EventRecipient {
  /** As SES wrote it, cut at 320. */
  address: string;
  /** Look-up key; `null` if the address can't be read, and so can't be acted on. */
  key: string | null;
  /** Enhanced status code (RFC 3463). */
  status: string | null;
  diagnostic: string | null;
}

/** A list of plain addresses (`mail.destination`, `delivery.recipients`); what is not a text is left out. */
export function readAddresses(value: unknown): EventRecipient[] {
  return listOf(value).flatMap((address) => readRecipient(address, null, null));
}

/** A list of recipients with what their mail server said (`bouncedRecipients`, `delayedRecipients`, ...). */
export function readRecipients(value: unknown): EventRecipient[] {
  return listOf(value)
    .map(objectOf)
    .flatMap(({ emailAddress, status, diagnosticCode }) =>
      readRecipient(emailAddress, textOf(status, 32), textOf(diagnosticCode, 1_000)),
    );
}

function readRecipient(value: unknown, status: string | null, diagnostic: string | null): EventRecipient[] {
  if (typeof value !== 'string' || value.trim() === '') return [];
  return [{ address: fitText(value.trim(), MOST), key: addressKey(value), status, diagnostic }];
}
