import {
  SendBulkEmailCommand,
  type BulkEmailEntryResult,
  type SendBulkEmailCommandInput,
  type SESv2Client,
} from '@aws-sdk/client-sesv2';
import { withoutRetry } from './without-retry.js';

/** What became of one bulk call. SES answers 200 and tells of each entry by itself, in the order of the request. */
export type BulkAttempt =
  | { results: BulkEmailEntryResult[] }
  /** `handedOver`: the request reached the HTTP layer, so that bytes of it may have left. */
  | { error: unknown; handedOver: boolean };

/** Longer than any call needs; after it the outcome is unknown. */
const LONGEST_MS = 300_000;

/** Asks SES once, for the same reason as `sendOnce`. */
export async function sendBulkOnce(
  client: SESv2Client,
  input: SendBulkEmailCommandInput,
): Promise<BulkAttempt> {
  let handedOver = false;
  const command = writtenAtOnce(withoutRetry(new SendBulkEmailCommand(input), () => (handedOver = true)));
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), LONGEST_MS);
  timer.unref();
  try {
    const { BulkEmailEntryResults } = await client.send(command, { abortSignal: abort.signal });
    return { results: BulkEmailEntryResults ?? [] };
  } catch (error) {
    return { error, handedOver };
  } finally {
    clearTimeout(timer);
  }
}

interface Serialized {
  request: { body?: unknown; headers: Record<string, string> };
}

/**
 * The SDK walks through each member of fifty entries by its model, which takes longer than all else. Of this input
 * (texts alone, no bytes and no times) that gives what `JSON.stringify` gives.
 */
function writtenAtOnce(command: SendBulkEmailCommand): SendBulkEmailCommand {
  let whole: object = {};
  const stack = command.middlewareStack;
  stack.add(
    (next) => (args) => {
      // As a host's own middleware may have changed it.
      whole = args.input;
      return next({ ...args, input: { ...args.input, BulkEmailEntries: [] } });
    },
    { step: 'serialize', priority: 'high', name: 'sesReputationBulkInput' },
  );
  stack.add(
    (next) => (args) => {
      const { request } = args as Serialized;
      const body = JSON.stringify(whole);
      request.body = body;
      request.headers['content-length'] = String(Buffer.byteLength(body));
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'sesReputationBulkBody' },
  );
  return command;
}
