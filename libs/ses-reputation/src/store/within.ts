import { StoreUnavailableError } from '../errors.js';

/**
 * Stops waiting for the database after a time. A connection that died without a word is answered by nobody, and
 * work that runs one at a time would wait for it for ever. What was asked for may still happen later.
 *
 * @throws StoreUnavailableError when the time is over, and what `work` throws
 */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new StoreUnavailableError(`the database did not answer within ${limitMs} ms`);
    timer = setTimeout(() => reject(error), limitMs).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
