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
 * One attempt. `node:http` rather than `fetch`, because `fetch` adds headers of its own that SNS does not send
 * and keeps connections open after the test.
 */
export function post(
  { url, headers, body }: Post,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const payload = Buffer.from(body, 'utf8');
    const request = send(url, {
      method: 'POST',
      agent: false,
      signal: stop,
      headers: { ...headers, 'Content-Length': String(payload.length) },
    });
    const timer = setTimeout(
      () => request.destroy(new Error(`it gave no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const settle = (result: AttemptResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (error: Error): void => settle({ kind: 'failed', reason: error.message || String(error) });
    request.on('error', fail);
    request.on('response', (response) => {
      response.on('error', fail);
      response.on('end', () => settle(judgeStatus(response.statusCode ?? 0)));
      response.resume();
    });
    request.end(payload);
  });
}
