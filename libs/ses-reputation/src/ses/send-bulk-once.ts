import type { BulkEmailEntryResult, SendBulkEmailCommandInput, SESv2Client } from '@aws-sdk/client-sesv2';
import { tryOnce, type FailedAttempt } from './attempt.js';
import { SendBulkEmailOnceCommand } from './send-bulk-email-once-command.js';

/** What became of one bulk call. SES answers 200 and tells of each entry by itself, in the order of the request. */
export type BulkAttempt = { results: BulkEmailEntryResult[] } | FailedAttempt;

/** Asks SES once. */
export function sendBulkOnce(client: SESv2Client, input: SendBulkEmailCommandInput): Promise<BulkAttempt> {
  return tryOnce(async (attempt) => {
    const { BulkEmailEntryResults } = await client.send(new SendBulkEmailOnceCommand(input, attempt));
    return { results: BulkEmailEntryResults ?? [] };
  });
}
