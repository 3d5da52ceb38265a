import { MessageInvalidError } from './errors.js';
import type { ReadyContent } from './read-content.js';

/** SES's limit for a message as it goes out, base64 included (developer guide, "Service quotas": 40 MB). */
export const LARGEST_MESSAGE_BYTES = 40 * 1024 * 1024;

/** How much may still be read, of what all parts share. */
export interface ByteBudget {
  bytes: number;
}

/**
 * Reads a content to its end, but never more than the budget: a stream without end must cost bounded memory.
 *
 * @throws MessageInvalidError if it is longer, or can't be read
 */
export async function readWithin(content: ReadyContent, budget: ByteBudget, field: string): Promise<Buffer> {
  if (typeof content === 'string' || Buffer.isBuffer(content)) {
    const whole = Buffer.from(content);
    spend(budget, whole.length, field);
    return whole;
  }
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of content as AsyncIterable<string | Uint8Array>) {
      spend(budget, chunk.length, field);
      chunks.push(Buffer.from(chunk));
    }
  } catch (error) {
    if (error instanceof MessageInvalidError) throw error;
    throw new MessageInvalidError(field, `can't be read: ${String(error)}`, { cause: error });
  }
  return Buffer.concat(chunks);
}

function spend(budget: ByteBudget, bytes: number, field: string): void {
  budget.bytes -= bytes;
  if (budget.bytes < 0) {
    throw new MessageInvalidError(
      field,
      `the message is larger than the ${LARGEST_MESSAGE_BYTES} bytes that SES takes, encoded; send a link instead`,
    );
  }
}
