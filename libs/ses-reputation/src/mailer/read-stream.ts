import type { Readable } from 'node:stream';
import { isUint8Array } from 'node:util/types';
import { describeError } from '../describe-error.js';
import { MessageInvalidError } from './errors.js';

/** How long a stream may give nothing, and how long it may go on once the application closes. */
export interface ReadingTime {
  idleMs: number;
  closingMs: number;
  closing: AbortSignal;
}

/** Limits for streams that nobody has a reason to wait for: they would hold up the sender, and `app.close()`. */
export const READING_TIME = { idleMs: 60_000, closingMs: 2_000 };

/**
 * Reads a stream that the caller gave. Nothing else ever touches it: whatever it does, a chunk that is no text
 * or bytes, an error, or nothing at all, becomes this error and never one that ends the process.
 *
 * @param take gets each chunk; may throw a MessageInvalidError to stop
 * @throws MessageInvalidError
 */
export function readStream(
  stream: Readable,
  field: string,
  { idleMs, closingMs, closing }: ReadingTime,
  take: (chunk: Buffer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string, cause?: unknown) => stop(new MessageInvalidError(field, why, { cause }));
    const idle = setTimeout(() => refuse(`has given nothing for ${idleMs / 1_000} s`), idleMs);
    let last: NodeJS.Timeout | undefined;
    const hurry = () => {
      last = setTimeout(() => refuse('was not at its end when the application closed'), closingMs);
    };
    let stopped = false;
    function stop(error?: MessageInvalidError): void {
      stopped = true;
      clearTimeout(idle);
      clearTimeout(last);
      closing.removeEventListener('abort', hurry);
      if (error) reject(error);
      else resolve();
    }
    if (closing.aborted) hurry();
    else closing.addEventListener('abort', hurry, { once: true });

    const read = async () => {
      for await (const chunk of stream as AsyncIterable<unknown>) {
        if (stopped) return;
        idle.refresh();
        take(toBytes(chunk, field));
      }
      stop();
    };
    // Not awaited: a stream that ignores being destroyed never comes to an end.
    read().catch((error: unknown) => {
      if (error instanceof MessageInvalidError) stop(error);
      else refuse(`can't be read: ${describeError(error)}`, error);
    });
  });
}

/** Closes a stream, read or not. By then the mail may have gone out: nothing here may look like a failed send. */
export function closeStream(stream: Partial<Readable>): void {
  try {
    // Streams as they were in the first Node versions, which some libraries still have, can't be closed.
    stream.destroy?.();
  } catch {
    // It is the caller's to close then.
  }
}

function toBytes(chunk: unknown, field: string): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (isUint8Array(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new MessageInvalidError(
    field,
    `gave a chunk that is neither text nor bytes (${typeof chunk}): a stream of rows or objects must be made text first`,
  );
}
