/** The middleware functions of one command, as far as they are needed here. */
interface Stage {
  response?: unknown;
  output: { $metadata: object; [FAILURE]?: { error: unknown } };
}
type Next = (args: object) => Promise<Stage>;
interface Middlewares {
  add(
    middleware: (next: Next) => (args: object) => Promise<Stage>,
    where: { step: string; priority: string; name: string },
  ): void;
}

const FAILURE = Symbol('failure');

/**
 * Makes a command be tried once. A host's ready client must keep its retries for its own calls, so they are
 * switched off on this command alone: an error passes the SDK's retry loop, whatever strategy runs there,
 * disguised as a result, and is unwrapped outside it.
 *
 * @param handedOver called when the request reaches the HTTP layer, so that bytes of it may leave
 */
export function withoutRetry<T extends { middlewareStack: unknown }>(
  command: T,
  handedOver: () => void = () => undefined,
): T {
  addOnce(command, handedOver);
  // A client with `cacheMiddleware` keeps what it makes of the first command of a class: this one is of its own.
  Object.defineProperty(command, 'constructor', { value: Object.create(command.constructor) as object });
  return command;
}

/**
 * The same for all commands of a class, whose client may keep what it makes of the first one.
 *
 * @param handedOver called with what has become of the command that is sent; if it throws, nothing leaves
 */
export function addOnce(command: { middlewareStack: unknown }, handedOver: (args: object) => void): void {
  const stack = command.middlewareStack as Middlewares;
  stack.add(
    (next) => async (args) => {
      const stage = await next(args);
      const failure = stage.output[FAILURE];
      if (failure) throw failure.error;
      return stage;
    },
    { step: 'build', priority: 'low', name: 'sesReputationUnwrapFailure' },
  );
  stack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        // With the response, from whose date the SDK learns how wrong this machine's clock is.
        const response = (error as { $response?: unknown } | null)?.$response;
        return { response, output: { $metadata: {}, [FAILURE]: { error } } };
      }
    },
    { step: 'finalizeRequest', priority: 'low', name: 'sesReputationWrapFailure' },
  );
  stack.add(
    (next) => (args) => {
      handedOver(args);
      return next(args);
    },
    { step: 'deserialize', priority: 'low', name: 'sesReputationHandedOver' },
  );
}
