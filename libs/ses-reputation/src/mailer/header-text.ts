import { MessageInvalidError } from './errors.js';

/**
 * Most characters of what becomes a header. Nobody needs more, and nodemailer's encoding of other than ASCII
 * takes time that grows with the square of the length: a subject of a megabyte would stop the process for a
 * minute. At these lengths it takes milliseconds.
 */
export const LONGEST = {
  text: 2_000,
  /** A header's whole value; `References` of a long thread is one. */
  header: 10_000,
  /** SES API reference, `Attachment.FileName`. */
  fileName: 255,
  /** A media type with its parameters (RFC 6838: 127 and 127), a content id. */
  partField: 255,
  displayName: 320,
  /** All that stands in one address field given as text: 50 mailboxes with names. */
  addressList: 50_000,
};

/**
 * Refuses what would end a header line: with it, text that a stranger typed into a form adds headers, and
 * recipients, of its own. nodemailer would replace it silently; whoever sent it should hear of it.
 */
export function headerText(field: string, value: unknown, longest: number = LONGEST.text): string {
  if (typeof value !== 'string') throw new MessageInvalidError(field, `expected a text, got ${typeof value}`);
  if (value.length > longest) {
    throw new MessageInvalidError(field, `is ${value.length} characters long; at most ${longest} are taken`);
  }
  if (/[\r\n\0]/.test(value)) {
    throw new MessageInvalidError(field, 'must not contain a line break or NUL: it goes into a header');
  }
  return value.toWellFormed();
}

/** The same, for a field that may be left out. */
export function optionalHeaderText(field: string, value: unknown, longest?: number): string | undefined {
  return value === undefined || value === null ? undefined : headerText(field, value, longest);
}
