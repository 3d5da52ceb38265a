import type { SESv2Client, SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { SendEmailOnceCommand } from './send-email-once-command.js';

/** What became of one attempt to hand a message to SES. */
export type SendAttempt =
  | { messageId: string | undefined }
  /** `handedOver`: the request reached the HTTP layer, so that bytes of it may have left. */
  | { error: unknown; handedOver: boolean };

/** Longer than any message within SES's size needs; after it the outcome is unknown. */
const LONGEST_MS = 300_000;

/**
 * Asks SES once. The SDK by itself repeats a request after a time-out, a reset or a 5xx, and SES, which has
 * no idempotency token, would send the mail twice.
 */
export async function sendOnce(client: SESv2Client, input: SendEmailCommandInput): Promise<SendAttempt> {
  const abort = new AbortController();
  const attempt = { handedOver: false, signal: abort.signal };
  const timer = setTimeout(() => abort.abort(), LONGEST_MS);
  timer.unref();
  try {
    const { MessageId } = await client.send(new SendEmailOnceCommand(input, attempt));
    return { messageId: MessageId };
  } catch (error) {
    return { error, handedOver: attempt.handedOver };
  } finally {
    clearTimeout(timer);
  }
}
