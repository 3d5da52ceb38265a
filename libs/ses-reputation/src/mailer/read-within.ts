import type { Readable } from 'node:stream';
import { describeError } from '../describe-error.js';
import { LARGEST_MESSAGE_BYTES, spend, type ByteBudget } from './byte-budget.js';
import { MessageInvalidError } from './errors.js';
import type { ReadyContent } from './read-content.js';
import { readStream, type ReadingTime } from './read-stream.js';

/**
 * Reads a content to its end, but never more than the budget: a stream without end must cost bounded memory.
 *
 * @throws MessageInvalidError if it is longer, or can't be read
 */
export async function readWithin(
  content: ReadyContent,
  budget: ByteBudget,
  field: string,
  time: ReadingTime,
): Promise<Buffer> {
  if (typeof content === 'string' || Buffer.isBuffer(content)) {
    const whole = typeof content === 'string' ? Buffer.from(content) : content;
    spend(budget, whole.length, field);
    return whole;
  }
  const chunks: Buffer[] = [];
  await readStream(content, field, time, (chunk) => {
    spend(budget, chunk.length, field);
    chunks.push(chunk);
  });
  return Buffer.concat(chunks);
}

/** The same, of the stream that nodemailer composes out of contents which are read already. */
export async function readComposed(stream: Readable): Promise<Buffer> {
  const budget = { bytes: LARGEST_MESSAGE_BYTES };
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      spend(budget, chunk.length, 'message');
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof MessageInvalidError) throw error;
    throw new MessageInvalidError('message', `can't be composed: ${describeError(error)}`, { cause: error });
  }
  return Buffer.concat(chunks);
}
