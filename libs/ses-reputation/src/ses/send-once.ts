import type { SESv2Client, SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { tryOnce, type FailedAttempt } from './attempt.js';
import { SendEmailOnceCommand } from './send-email-once-command.js';

/** What became of one attempt to hand a message to SES. */
export type SendAttempt = { messageId: string | undefined } | FailedAttempt;

/** Asks SES once. */
export function sendOnce(client: SESv2Client, input: SendEmailCommandInput): Promise<SendAttempt> {
  return tryOnce(async (attempt) => {
    const { MessageId } = await client.send(new SendEmailOnceCommand(input, attempt));
    return { messageId: MessageId };
  });
}
