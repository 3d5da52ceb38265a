import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The parts of a published SES event that tests look at. */
export interface PublishedEvent {
  eventType?: string;
  notificationType?: string;
  mail: {
    messageId: string;
    destination: string[];
    tags?: Record<string, string[]>;
    [member: string]: unknown;
  };
  [member: string]: unknown;
}

export interface Subscriber {
  url: string;
  /** Bodies of notifications as they came, oldest first. */
  messages: string[];
  /** Those that are SES events, parsed. */
  readonly events: PublishedEvent[];
  stop(): Promise<void>;
}

/**
 * An endpoint that confirms its subscription through `fetch`, answers as that did or 500 if it failed, and keeps what is posted
 * to it.
 */
export async function startSubscriber(fetchSns: typeof fetch, port = 0): Promise<Subscriber> {
  const messages: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const envelope = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, string>;
      if (envelope.Type === 'SubscriptionConfirmation')
        response.statusCode = (await fetchSns(envelope.SubscribeURL!)).status;
      else messages.push(envelope.Message!);
      response.end();
    })().catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    messages,
    get events() {
      return messages
        .filter((message) => message.startsWith('{'))
        .map((message) => JSON.parse(message) as PublishedEvent);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
