import { describeError } from '../../describe-error.js';
import type { FeedbackFetch } from '../../options/ses-reputation-options.js';
import { FeedbackRefusedError } from '../feedback-refused.js';

const MOST_BYTES = 65_536;

/**
 * GETs a URL that has passed the rules of sns-urls.ts.
 *
 * @returns the body of a 200 answer of at most 64 KiB
 * @throws FeedbackRefusedError 503 for anything else, and after `deadlineMs`, the body included
 */
export async function fetchFromSns(fetch: FeedbackFetch, url: string, deadlineMs: number): Promise<Buffer> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${deadlineMs} ms`));
      abort.abort();
    }, deadlineMs);
  });
  try {
    // The race, because a host's fetch may not look at the signal.
    return await Promise.race([get(fetch, url, abort.signal), deadline]);
  } catch (error) {
    const why = error instanceof Error ? error.message : describeError(error);
    throw new FeedbackRefusedError(503, `${new URL(url).hostname} could not be asked: ${why}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    // Ends what is still being received after a refusal.
    abort.abort();
  }
}

async function get(fetch: FeedbackFetch, url: string, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(url, { method: 'GET', redirect: 'manual', signal });
  // A host's fetch may go by a proxy or to a simulator, so that response.url proves nothing.
  if (response.redirected) throw new Error('it redirects');
  if (response.status !== 200) throw new Error(`it answered ${response.status}`);
  return readBody(response);
}

async function readBody(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new Error('it answered with more than 64 KiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
