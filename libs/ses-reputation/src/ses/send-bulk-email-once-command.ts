import { SendBulkEmailCommand, type SendBulkEmailCommandInput } from '@aws-sdk/client-sesv2';
import { ATTEMPT, triedOnce, type Attempt } from './attempt.js';

interface Args {
  [WHOLE]?: object;
  request?: { body?: unknown; headers: Record<string, string> };
}

const WHOLE = Symbol('whole input');

/** A `SendBulkEmail` that is tried once, and written at once. */
export class SendBulkEmailOnceCommand extends SendBulkEmailCommand {
  readonly [ATTEMPT]: Attempt;

  constructor(input: SendBulkEmailCommandInput, attempt: Attempt) {
    super(input);
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
 * (texts alone, no bytes and no times) that gives what `JSON.stringify` gives.
 */
function writtenAtOnce({ middlewareStack: stack }: SendBulkEmailCommand): void {
  stack.add(
    (next) => (args) => {
      // As a host's own middleware may have changed it.
      const part = { ...args, input: { ...args.input, BulkEmailEntries: [] }, [WHOLE]: args.input };
      return next(part);
    },
    { step: 'serialize', priority: 'high', name: 'sesReputationBulkInput' },
  );
  stack.add(
    (next) => (args) => {
      const { [WHOLE]: whole, request } = args as unknown as Args;
      if (!whole || !request) throw new Error('the SDK has lost its command');
      const body = JSON.stringify(whole);
      request.body = body;
      request.headers['content-length'] = String(Buffer.byteLength(body));
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'sesReputationBulkBody' },
  );
}
