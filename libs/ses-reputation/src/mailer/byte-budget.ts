import { MessageInvalidError } from './errors.js';

/** SES's limit for a message as it goes out, base64 included (developer guide, "Service quotas": 40 MB). */
export const LARGEST_MESSAGE_BYTES = 40 * 1024 * 1024;

/** How much may still be read, of what all parts share. */
export interface ByteBudget {
  bytes: number;
}

/** @throws MessageInvalidError if that is more than is left */
export function spend(budget: ByteBudget, bytes: number, field: string): void {
  budget.bytes -= bytes;
  if (budget.bytes < 0) throw tooLarge(field);
}

export function tooLarge(field: string): MessageInvalidError {
  return new MessageInvalidError(
    field,
    `the message is larger than the ${LARGEST_MESSAGE_BYTES} bytes that SES takes, encoded; send a link instead`,
  );
}
