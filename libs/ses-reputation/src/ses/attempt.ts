import { addOnce } from './without-retry.js';

/** One attempt to hand mail to SES. */
export interface Attempt {
  /** The request reached the HTTP layer, so that bytes of it may have left. */
  handedOver: boolean;
  /** Ends it. */
  signal: AbortSignal;
}

/** `handedOver`: bytes of the request may have left. */
export interface FailedAttempt {
  error: unknown;
  handedOver: boolean;
}

interface Args extends Carrier {
  input?: Carrier;
  request?: object;
}
interface Carrier {
  [ATTEMPT]?: Attempt;
}
interface RequestHandler {
  handle(request: object, options?: object): unknown;
}

/** Where a command carries its attempt, and its input too: a host's own middleware may hand on nothing else. */
export const ATTEMPT = Symbol('attempt');

/** Longer than any message within SES's size needs; after it the outcome is unknown. */
const LONGEST_MS = 300_000;

/**
 * Asks SES once. The SDK by itself repeats a request after a time-out, a reset or a 5xx, and SES, which has
 * no idempotency token, would send the mail twice.
 */
export async function tryOnce<R>(send: (attempt: Attempt) => Promise<R>): Promise<R | FailedAttempt> {
  const abort = new AbortController();
  const attempt = { handedOver: false, signal: abort.signal };
  const timer = setTimeout(() => abort.abort(), LONGEST_MS);
  timer.unref();
  try {
    return await send(attempt);
  } catch (error) {
    return { error, handedOver: attempt.handedOver };
  } finally {
    clearTimeout(timer);
  }
}

/** The input of a command that carries its attempt. */
export function withAttempt<I extends object>(input: I, attempt: Attempt): I {
  return { ...input, [ATTEMPT]: attempt };
}

/**
 * Makes all commands of a class, each with its {@link Attempt}, be tried once. A client with `cacheMiddleware` puts its
 * middleware together for the first of them and uses it for all: so it looks at what goes through it, never at the
 * command it was made for.
 *
 * @returns the configuration to resolve the middleware with
 */
export function triedOnce<C extends { requestHandler: unknown }>(
  command: { middlewareStack: unknown },
  configuration: C,
): C {
  const signals = new WeakMap<object, AbortSignal>();
  addOnce(command, (args: Args) => {
    // The SDK hands on what it is given, and only adds the request.
    const { request, [ATTEMPT]: attempt = args.input?.[ATTEMPT] } = args;
    if (!attempt || !request) throw new Error('the SDK has lost its command');
    attempt.handedOver = true;
    signals.set(request, attempt.signal);
  });
  // The SDK takes the signal with the options of the call, which it would not put together once for all calls.
  const handler = configuration.requestHandler as RequestHandler;
  const requestHandler = {
    handle: (request: object, given?: object) =>
      handler.handle(request, { ...given, abortSignal: signals.get(request) }),
  };
  return { ...configuration, requestHandler };
}
