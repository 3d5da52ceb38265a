import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Compare } from './harness/compare.js';
import { BareNestModule } from './peers/bare-nest.js';
import { naiveModule } from './peers/naive-feedback.js';
import { serveCertificate } from './peers/sns-validator.js';
import { startVerifyOnlyServer } from './peers/verify-only-server.js';
import { hostModule, listen } from './support/app.js';
import { list, signedBounce } from './support/bounces.js';
import { databaseKinds, type DatabaseKind } from './support/databases.js';
import { PostingProcess } from './support/posting.js';

const POSTS = 1_000;
/** A server that has just started is slower for some thousand posts. */
const WARM_UP = 3;
const CONNECTIONS = 50;
/** Rounds of the latency have posts of their own. */
const LATENCY_ROUNDS = 1_000;
const LATENCY_POSTS = 300;
const PATH = '/ses/feedback';
const OPTIONS = { logger: ['error' as const], forceCloseConnections: true };

const PLATFORMS = [
  { name: 'Fastify', start: (root: object) => NestFactory.create(root, new FastifyAdapter(), OPTIONS) },
  {
    name: 'Express',
    start: async (root: object): Promise<INestApplication> => {
      const app = await NestFactory.create<NestExpressApplication>(root, new ExpressAdapter(), OPTIONS);
      // SNS says text/plain, which Fastify reads by itself.
      return app.useBodyParser('text', { limit: '1mb' });
    },
  },
];

/** Signed hard bounces over HTTP, answered after the commit. */
export async function http(compare: Compare): Promise<void> {
  serveCertificate();
  const client = new PostingProcess();
  const limit = await startVerifyOnlyServer();
  const bodies = postsByRound();
  const measure = (port: number) => (round: number) =>
    client.post({ port, path: PATH, bodies: bodies(round), connections: CONNECTIONS });
  for (const kind of await databaseKinds()) {
    for (const platform of PLATFORMS) {
      const ours = await startOn(kind, platform, hostModule);
      const naive = await startOn(kind, platform, naiveModule);
      const bareApp = await platform.start(BareNestModule);
      const bare = { port: await listen(bareApp), close: () => bareApp.close() };
      await compare({
        title: `http: signed hard bounces on ${platform.name} and ${kind.name}, ${CONNECTIONS} connections`,
        unit: 'posts/s',
        better: 'more',
        warmUp: WARM_UP,
        contenders: [
          { name: 'nestjs-ses-reputation', role: 'ours', measure: measure(ours.port) },
          { name: 'sns-validator + three save()', role: 'peer', measure: measure(naive.port) },
          { name: 'node:http + verify + parse', role: 'limit', measure: measure(limit.port) },
          { name: `bare Nest + ${platform.name}`, role: 'limit', measure: measure(bare.port) },
        ],
      });
      const p99 = halfLoad(client, bodies, naive.port);
      await compare({
        title: `http: p99 of an answer at half of the naive one's load on ${platform.name} and ${kind.name}`,
        unit: 'ms',
        better: 'less',
        contenders: [
          { name: 'nestjs-ses-reputation', role: 'ours', measure: p99(ours.port) },
          { name: 'sns-validator + three save()', role: 'peer', measure: p99(naive.port) },
        ],
      });
      await ours.stop();
      await naive.stop();
      await bare.close();
    }
  }
  limit.stop();
  client.stop();
}

/** The same posts for every contender, each of which has a database of its own. Signing takes longer than verifying. */
function postsByRound(): (round: number) => string[] {
  const made = new Map<number, string[]>();
  return (round) => {
    const posts = made.get(round) ?? list(POSTS, signedBounce);
    made.set(round, posts);
    return posts;
  };
}

/**
 * Posts at half the rate that the naive controller takes, whether answers come or not: a post that waits for the one
 * before it would hide what the wait costs. Both get the same rate, measured once in each comparison.
 *
 * @returns 99th percentile in milliseconds, from when a post was due to its answer
 */
function halfLoad(client: PostingProcess, bodies: (round: number) => string[], naivePort: number) {
  let rate: Promise<number> | null = null;
  return (port: number) => async (round: number) => {
    rate ??= client
      .post({ port: naivePort, path: PATH, bodies: list(POSTS, signedBounce), connections: CONNECTIONS })
      .then((most) => most / 2);
    const everyMs = 1_000 / (await rate);
    // A repeated post would cost less than it should.
    const late = bodies(LATENCY_ROUNDS + round).slice(0, LATENCY_POSTS);
    return client.latency({ port, path: PATH, bodies: late, connections: CONNECTIONS, everyMs });
  };
}

async function startOn(
  kind: DatabaseKind,
  platform: (typeof PLATFORMS)[number],
  moduleOn: typeof naiveModule,
): Promise<{ port: number; stop(): Promise<void> }> {
  const database = await kind.create();
  const app = await platform.start(moduleOn(database.options));
  const port = await listen(app);
  return {
    port,
    async stop() {
      await app.close();
      await database.drop();
    },
  };
}
