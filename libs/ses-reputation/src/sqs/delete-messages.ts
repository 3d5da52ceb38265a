import { DeleteMessageBatchCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs';

/**
 * Deletes up to ten messages.
 *
 * @throws the SDK's error, or one that tells what SQS did not delete
 */
export async function deleteMessages(
  client: SQSClient,
  QueueUrl: string,
  messages: readonly Message[],
): Promise<void> {
  const Entries = messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
  const { Failed = [] } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  const [first] = Failed;
  if (first)
    throw new Error(
      `${Failed.length} of ${messages.length} failed, the first with ${first.Code}: ${first.Message}`,
    );
}
