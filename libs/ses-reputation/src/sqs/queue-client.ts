import { SQSClient } from '@aws-sdk/client-sqs';
import type { QueueOptions } from '../options/ses-reputation-options.js';

/** Longer than the longest wait for messages: a connection that says nothing for this long is dead. */
const LIMITS = { connectionTimeout: 5_000, socketTimeout: 30_000 };

/** The client of one queue, and how it is closed: a ready one belongs to the host. */
export function queueClient({ url, client }: Required<QueueOptions>): {
  client: SQSClient;
  close: () => void;
} {
  if (isReady(client)) return { client, close: () => undefined };
  const region = regionOf(url);
  const own = new SQSClient({ requestHandler: LIMITS, ...(region && { region }), ...client });
  return { client: own, close: () => own.destroy() };
}

/** A request that is signed for another region than the queue's is refused. */
export function regionOf(url: string): string | null {
  const { hostname } = new URL(url);
  const match =
    /(?:^|\.)(?:sqs\.)?([a-z]{2}(?:-[a-z]+)+-\d)(?:\.queue|\.vpce)?\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/;
  return match.exec(hostname)?.[1] ?? null;
}

/** A host may have its own copy of the SDK, whose clients are no instances of ours. */
function isReady(client: object): client is SQSClient {
  return client instanceof SQSClient || typeof (client as Partial<SQSClient>).send === 'function';
}
