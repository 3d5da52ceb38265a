import { SendEmailCommand, type SESv2Client, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';

/** What became of one attempt to hand a message to SES. */
export type SendAttempt =
  | { messageId: string | undefined }
  /** `handedOver`: the request reached the HTTP layer, so that bytes of it may have left. */
  | { error: unknown; handedOver: boolean };

/** Longer than any message within SES's size needs; after it the outcome is unknown. */
const LONGEST_MS = 300_000;

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
 * Asks SES once. The SDK by itself repeats a request after a time-out, a reset or a 5xx, and SES, which has
 * no idempotency token, would send the mail twice. A host's ready client must keep its retries for its own
 * calls, so they are switched off on this command alone: an error passes the SDK's retry loop, whatever
 * strategy runs there, disguised as a result, and is unwrapped outside it.
 */
export async function sendOnce(client: SESv2Client, input: SendEmailCommandInput): Promise<SendAttempt> {
  const command = new SendEmailCommand(input);
  const stack = command.middlewareStack as unknown as Middlewares;
  let handedOver = false;

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
      handedOver = true;
      return next(args);
    },
    { step: 'deserialize', priority: 'low', name: 'sesReputationHandedOver' },
  );

  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), LONGEST_MS);
  timer.unref();
  try {
    const { MessageId } = await client.send(command, { abortSignal: abort.signal });
    return { messageId: MessageId };
  } catch (error) {
    return { error, handedOver };
  } finally {
    clearTimeout(timer);
  }
}
