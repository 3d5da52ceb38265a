import type { SESv2Client } from '@aws-sdk/client-sesv2';

/** The calls that a client made, by operation. */
export interface CountedCalls {
  SendEmail: number;
  SendBulkEmail: number;
  /** Every bulk call is answered with this error. */
  refuseBulk(name: string): void;
  /** Answers of bulk calls lose their last result. */
  shortenBulk(): void;
}

export function countedCalls(client: SESv2Client): CountedCalls {
  let refusal: string | null = null;
  let shorter = false;
  const calls: CountedCalls = {
    SendEmail: 0,
    SendBulkEmail: 0,
    refuseBulk: (name) => (refusal = name),
    shortenBulk: () => (shorter = true),
  };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName).replace('Command', '');
      if (operation === 'SendEmail') calls.SendEmail++;
      if (operation !== 'SendBulkEmail') return next(args);
      calls.SendBulkEmail++;
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
