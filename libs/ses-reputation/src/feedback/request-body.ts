import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { FeedbackLimits } from './feedback-limits.js';
import { FeedbackRefusedError } from './feedback-refused.js';

/** An Express request, or Fastify's around the same. */
export interface FeedbackRequest {
  raw?: IncomingMessage;
  body?: unknown;
  /** Kept by Nest with `rawBody: true`. */
  rawBody?: unknown;
}

/**
 * The body of a post as text, whatever its content type says. Usually nobody has read it (see
 * {@link FeedbackRoute}); where a parser of the host's has, the object it made.
 *
 * @throws FeedbackRefusedError 400 if it is not UTF-8, 413 above `bodyBytes`, 415 if it is compressed, 503 if it
 * does not arrive within `bodyMs` or somebody else has read it and left nothing
 */
export async function readRequestBody(request: FeedbackRequest, limits: FeedbackLimits): Promise<unknown> {
  const incoming = request.raw ?? (request as unknown as IncomingMessage);
  const encoding = incoming.headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    throw new FeedbackRefusedError(415, 'the body is compressed, which Amazon SNS never does');
  for (const read of [request.rawBody, request.body]) {
    if (Buffer.isBuffer(read)) return decode(within(limits, read, read.length));
    if (typeof read === 'string') return within(limits, read, Buffer.byteLength(read));
  }
  if (incoming.readableDidRead || incoming.readableEnded) {
    if (typeof request.body === 'object' && request.body !== null) return request.body;
    throw new FeedbackRefusedError(
      503,
      'something in this application reads the body of the feedback route and leaves nothing of it: ' +
        'a middleware that runs before SesReputationModule is set up has to leave this route out',
    );
  }
  return decode(await receive(incoming, limits));
}

function within<T>(limits: FeedbackLimits, body: T, bytes: number): T {
  if (bytes > limits.bodyBytes) throw tooLarge(limits);
  return body;
}

function receive(incoming: IncomingMessage, limits: FeedbackLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      // What is too large is still received, and dropped: a client that can't get rid of its body sees a lost
      // connection instead of the answer.
      if (bytes > limits.bodyBytes) chunks = [];
      else chunks.push(chunk);
    };
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      incoming.off('data', onData).off('end', onEnd).off('error', onLost).off('close', onLost);
      if (bytes > limits.bodyBytes) reject(tooLarge(limits));
      else if (error) reject(error);
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    };
    const onEnd = (): void => settle(null);
    const onLost = (error?: Error): void =>
      settle(
        new FeedbackRefusedError(503, 'the connection was lost before the body was complete', {
          cause: error,
        }),
      );
    const timer = setTimeout(
      () => settle(new FeedbackRefusedError(503, `the body was not complete within ${limits.bodyMs} ms`)),
      limits.bodyMs,
    );
    if (incoming.destroyed) onLost();
    else incoming.on('data', onData).on('end', onEnd).on('error', onLost).on('close', onLost);
    incoming.resume();
  });
}

function decode(body: Buffer): string {
  if (!isUtf8(body)) throw new FeedbackRefusedError(400, 'the body is not UTF-8');
  return body.toString('utf8');
}

function tooLarge({ bodyBytes }: FeedbackLimits): FeedbackRefusedError {
  return new FeedbackRefusedError(413, `the body is larger than ${bodyBytes} bytes`);
}
