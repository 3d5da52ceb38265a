import { SendBulkEmailCommand, type SendBulkEmailCommandInput } from '@aws-sdk/client-sesv2';
import { ATTEMPT, triedOnce, withAttempt, type Attempt } from './attempt.js';

interface Args {
  input: { [WHOLE]?: object };
  request?: { body?: unknown; headers: Record<string, string> };
}

const WHOLE = Symbol('whole input');

/** A `SendBulkEmail` that is tried once, and written at once. */
export class SendBulkEmailOnceCommand extends SendBulkEmailCommand {
  readonly [ATTEMPT]: Attempt;

  constructor(input: SendBulkEmailCommandInput, attempt: Attempt) {
    super(withAttempt(input, attempt));
    this[ATTEMPT] = attempt;
  }

  override resolveMiddleware(
    ...[stack, configuration, options]: Parameters<SendBulkEmailCommand['resolveMiddleware']>
  ): ReturnType<SendBulkEmailCommand['resolveMiddleware']> {
    writtenAtOnce(this);
    return super.resolveMiddleware(stack, triedOnce(this, configuration), options);
  }
}

/**
 * The SDK walks through each member of fifty entries by its model, which takes longer than all else. Of this input
 * (texts alone, no times) that gives what `JSON.stringify` gives; not of the bytes of attachments, which a host's own
 * middleware may have added.
 */
function writtenAtOnce({ middlewareStack: stack }: SendBulkEmailCommand): void {
  stack.add(
    (next) => (args) => {
      const { input } = args;
      if (input.DefaultContent?.Template?.Attachments) return next(args);
      const part = { ...input, BulkEmailEntries: [], [WHOLE]: input };
      return next({ ...args, input: part });
    },
    { step: 'serialize', priority: 'high', name: 'sesReputationBulkInput' },
  );
  stack.add(
    (next) => (args) => {
      const { input, request } = args as unknown as Args;
      if (!input[WHOLE] || !request) return next(args);
      const body = JSON.stringify(input[WHOLE]);
      request.body = body;
      request.headers['content-length'] = String(Buffer.byteLength(body));
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'sesReputationBulkBody' },
  );
}
