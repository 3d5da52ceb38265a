import { SendEmailCommand, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { addOnce } from './without-retry.js';

/** One attempt to hand a message to SES. */
export interface Attempt {
  /** The request reached the HTTP layer, so that bytes of it may have left. */
  handedOver: boolean;
  /** Ends it. */
  signal: AbortSignal;
}

interface Args {
  [ATTEMPT]?: Attempt;
  request?: object;
}
interface RequestHandler {
  handle(request: object, options?: object): unknown;
}

const ATTEMPT = Symbol('attempt');

/**
 * A `SendEmail` that is tried once. A client with `cacheMiddleware` puts its middleware together for the first of
 * these and uses it for all: so it looks at what goes through it, never at the command it was made for.
 */
export class SendEmailOnceCommand extends SendEmailCommand {
  readonly [ATTEMPT]: Attempt;

  constructor(input: SendEmailCommandInput, attempt: Attempt) {
    super(input);
    this[ATTEMPT] = attempt;
  }

  override resolveMiddleware(
    ...[stack, configuration, options]: Parameters<SendEmailCommand['resolveMiddleware']>
  ): ReturnType<SendEmailCommand['resolveMiddleware']> {
    const signals = new WeakMap<object, AbortSignal>();
    addOnce(this, ({ [ATTEMPT]: attempt, request }: Args) => {
      // The SDK hands on what it is given, and only adds the request.
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
    return super.resolveMiddleware(
      stack,
      { ...configuration, requestHandler } as typeof configuration,
      options,
    );
  }
}
