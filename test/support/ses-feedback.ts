import { GetSuppressedDestinationCommand } from '@aws-sdk/client-sesv2';
import { simpleMail } from './ses-mail.js';
import { account, client, send, simulator, start, stop } from './ses-session.js';
import { startSubscriber, type Subscriber } from './sns-subscriber.js';

/** Confirmed, of the test that runs: set by `startWithSubscriber`. */
export let subscriber: Subscriber;

export async function startWithSubscriber(): Promise<void> {
  await start({ retry: { delayMs: 10 } });
  subscriber = await startSubscriber(simulator.fetch);
  await simulator.subscribe(subscriber.url);
}

export async function stopBoth(): Promise<void> {
  await subscriber.stop();
  await stop();
}

/** Sends a small mail and gives its message id. */
export async function sendTo(to: string[], more: Parameters<typeof simpleMail>[1] = {}): Promise<string> {
  const { MessageId } = await send(simpleMail(to, more));
  return MessageId!;
}

/** The types of the events that came, oldest first. */
export const types = () => subscriber.events.map(({ eventType }) => eventType);

/** The account's suppression list entry; rejects with NotFoundException if there is none. */
export async function suppressed(EmailAddress: string) {
  const { SuppressedDestination } = await client.send(new GetSuppressedDestinationCommand({ EmailAddress }));
  return SuppressedDestination!;
}

export const sentLast24Hours = async () => (await account()).SendQuota!.SentLast24Hours;
