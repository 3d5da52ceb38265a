import { SendEmailCommand, type SESv2Client, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { withoutRetry } from './without-retry.js';

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
  let handedOver = false;
  const command = withoutRetry(new SendEmailCommand(input), () => (handedOver = true));
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
