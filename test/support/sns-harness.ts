import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SnsService } from '../../libs/ses-reputation/src/testing/sns/sns-service.js';
import type { SnsServiceOptions } from '../../libs/ses-reputation/src/testing/sns/sns-service.js';

/** The simulated SNS behind a bare HTTP server, as its clients meet it. */
export interface SnsHarness {
  sns: SnsService;
  endpoint: string;
  stop(): Promise<void>;
}

export async function startSns(options: Partial<SnsServiceOptions> = {}): Promise<SnsHarness> {
  let endpoint = '';
  const sns = new SnsService({
    region: 'us-east-1',
    account: '123456789012',
    retry: { delayMs: 10 },
    endpoint: () => endpoint,
    ...options,
  });
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const url = new URL(incoming.url ?? '/', 'http://simulator');
    const request = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks),
    };
    const response = sns.handles(request)
      ? await sns.handle(request)
      : { status: 404, headers: {}, body: '' };
    outgoing.writeHead(response.status, response.headers).end(response.body);
  });
  endpoint = await listen(server);
  return {
    sns,
    endpoint,
    stop: async () => {
      await sns.stop();
      await close(server);
    },
  };
}

export interface ReceivedPost {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The envelope; empty for what is not JSON. */
  envelope: Record<string, string>;
  atMs: number;
}

export interface Subscriber {
  url: string;
  posts: ReceivedPost[];
  /** Those of one type, in the order they came. */
  ofType(type: string): ReceivedPost[];
  connections(): Promise<number>;
  stop(): Promise<void>;
}

/** An endpoint that keeps what it is sent and answers with the status that `answer` gives, 200 if none. */
export async function startSubscriber(
  answer: (post: ReceivedPost) => number | void | Promise<number | void> = () => {},
): Promise<Subscriber> {
  const posts: ReceivedPost[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const post: ReceivedPost = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body,
      envelope: body.startsWith('{') ? (JSON.parse(body) as Record<string, string>) : {},
      atMs: performance.now(),
    };
    posts.push(post);
    const status = (await answer(post)) ?? 200;
    outgoing.writeHead(status, { location: '/elsewhere' }).end('thank you');
  });
  // Only the poster ends a connection, so that one it forgets stays visible.
  server.keepAliveTimeout = 0;
  return {
    url: `${await listen(server)}/feedback`,
    posts,
    ofType: (type) => posts.filter((post) => post.headers['x-amz-sns-message-type'] === type),
    connections: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    stop: () => close(server),
  };
}

/** A subscriber that confirms by visiting SubscribeURL before it answers, as a real one does. */
export function confirming(
  harness: SnsHarness,
  answer: (post: ReceivedPost) => number | void | Promise<number | void> = () => {},
): Promise<Subscriber> {
  return startSubscriber(async (post) => {
    if (post.envelope['Type'] !== 'SubscriptionConfirmation') return answer(post);
    const response = await harness.sns.fetch(post.envelope['SubscribeURL']!);
    return response.status;
  });
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
