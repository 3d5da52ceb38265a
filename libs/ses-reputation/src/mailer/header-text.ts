import { MessageInvalidError } from './errors.js';

/**
 * Refuses what would end a header line: with it, text that a stranger typed into a form adds headers, and
 * recipients, of its own. nodemailer would replace it silently; whoever sent it should hear of it.
 */
export function headerText(field: string, value: unknown): string {
  if (typeof value !== 'string') throw new MessageInvalidError(field, `expected a text, got ${typeof value}`);
  if (/[\r\n\0]/.test(value)) {
    throw new MessageInvalidError(field, 'must not contain a line break or NUL: it goes into a header');
  }
  return value.toWellFormed();
}

/** The same, for a field that may be left out. */
export function optionalHeaderText(field: string, value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : headerText(field, value);
}
