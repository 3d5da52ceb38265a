import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What came of one attempt to post. */
export type AttemptResult =
  | { kind: 'accepted' }
  /** The endpoint said no; SNS does not ask again. */
  | { kind: 'refused'; reason: string }
  /** Not reached, too slow, or broken; SNS tries again. */
  | { kind: 'failed'; reason: string };

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/**
 * SNS takes 200 to 499 as an answer that trying again would not change, so 4xx is final, and so is a redirect,
 * which it does not follow. Only 2xx delivers.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
export function judgeStatus(status: number): AttemptResult {
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  if (status >= 300 && status < 400) {
    return { kind: 'refused', reason: `it answered ${status}; SNS follows no redirect` };
  }
  if (status >= 400 && status < 500) return { kind: 'refused', reason: `it answered ${status}` };
  return { kind: 'failed', reason: `it answered ${status}` };
}

/**
 * One attempt; never rejects. `node:http` rather than `fetch`, because `fetch` adds headers of its own that SNS does
 * not send and keeps connections open after the test.
 */
export async function post(message: Post, timeoutMs: number, stop: AbortSignal): Promise<AttemptResult> {
  try {
    return judgeStatus(await statusOf(message, timeoutMs, stop));
  } catch (error) {
    return { kind: 'failed', reason: (error as Error).message || String(error) };
  }
}

function statusOf({ url, headers, body }: Post, timeoutMs: number, stop: AbortSignal): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const payload = Buffer.from(body, 'utf8');
    // Throws for a URL with credentials that are not percent-encoded text.
    const request = send(url, {
      method: 'POST',
      agent: false,
      signal: stop,
      headers: { ...headers, 'Content-Length': String(payload.length) },
    });
    const timer = setTimeout(() => {
      reject(new Error(`it gave no answer within ${timeoutMs} ms`));
      request.destroy();
    }, timeoutMs);
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
    request.on('response', (response) => {
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    request.end(payload);
  });
}
