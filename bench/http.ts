import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Compare } from './harness/compare.js';
import { naiveModule } from './peers/naive-feedback.js';
import { serveCertificate } from './peers/sns-validator.js';
import { startVerifyOnlyServer } from './peers/verify-only-server.js';
import { hostModule, listen } from './support/app.js';
import { list, signedBounce } from './support/bounces.js';
import { databaseKinds, type DatabaseKind } from './support/databases.js';
import { PostingProcess } from './support/posting.js';

const POSTS = 500;
const CONNECTIONS = 50;
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
      await compare({
        title: `http: signed hard bounces on ${platform.name} and ${kind.name}, ${CONNECTIONS} connections`,
        unit: 'posts/s',
        better: 'more',
        contenders: [
          { name: 'nestjs-ses-reputation', role: 'ours', measure: measure(ours.port) },
          { name: 'sns-validator + three save()', role: 'peer', measure: measure(naive.port) },
          { name: 'node:http + verify + parse', role: 'limit', measure: measure(limit.port) },
        ],
      });
      await ours.stop();
      await naive.stop();
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
