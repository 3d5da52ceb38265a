import type { SESv2Client } from '@aws-sdk/client-sesv2';

/** The sending calls that a client made, and ways to be in their way. */
export interface CountedCalls {
  SendEmail: number;
  SendBulkEmail: number;
  /** Entries of each bulk call. */
  entries: number[];
  /** Every bulk call is answered with this error. */
  refuseBulk(name: string): void;
  /** Answers of bulk calls lose their last result. */
  shortenBulk(): void;
  /** Bulk calls wait before they leave. */
  holdBulk(): void;
  letBulkGo(): void;
  /** Resolves when so many bulk calls were begun. */
  bulkHeld(count: number): Promise<void>;
}

export function countedCalls(client: SESv2Client): CountedCalls {
  let refusal: string | null = null;
  let shorter = false;
  let gate = Promise.resolve();
  let open: (() => void) | null = null;
  let begun: (() => void) | null = null;
  const calls: CountedCalls = {
    SendEmail: 0,
    SendBulkEmail: 0,
    entries: [],
    refuseBulk: (name) => (refusal = name),
    shortenBulk: () => (shorter = true),
    holdBulk: () => (gate = new Promise((resolve) => (open = resolve))),
    letBulkGo: () => open?.(),
    async bulkHeld(count) {
      while (calls.SendBulkEmail < count) await new Promise<void>((resolve) => (begun = resolve));
    },
  };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName).replace('Command', '');
      if (operation === 'SendEmail') calls.SendEmail++;
      if (operation !== 'SendBulkEmail') return next(args);
      const { body } = (args as { request: { body: string } }).request;
      calls.entries.push((JSON.parse(body) as { BulkEmailEntries: unknown[] }).BulkEmailEntries.length);
      calls.SendBulkEmail++;
      begun?.();
      await gate;
      if (refusal) {
        throw Object.assign(new Error('refused'), { name: refusal, $metadata: { httpStatusCode: 400 } });
      }
      const result = await next(args);
      if (shorter) (result.output as { BulkEmailEntryResults: unknown[] }).BulkEmailEntryResults.pop();
      return result;
    },
    // Inside the SDK's retries: each attempt counts.
    { step: 'deserialize', priority: 'high', name: 'countedCalls', override: true },
  );
  return calls;
}
