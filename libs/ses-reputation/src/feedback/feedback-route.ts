import type { IncomingMessage } from 'node:http';
import { Injectable, SetMetadata } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ExpressRouter, type ExpressLike } from './express-router.js';

type Next = () => void;

type FastifyHook = (request: { raw: IncomingMessage }, reply: unknown, done: Next) => void;

/** What is used of a route of Fastify's; the package may not be installed. */
interface FastifyRouteLike {
  handler: unknown;
  onRequest?: FastifyHook | FastifyHook[];
}

interface FastifyLike {
  addHook(name: 'onRoute', hook: (route: FastifyRouteLike) => void): void;
}

const READS_BODY_ITSELF = 'ses-reputation:reads-body-itself';

/** Without these, Express's parsers and Fastify alike take a request for one without a body. */
const BODY_HEADERS = ['content-type', 'content-length', 'transfer-encoding'] as const;

/** Marks a handler whose requests {@link FeedbackRoute} keeps unread. */
export const ReadsBodyItself = () => SetMetadata(READS_BODY_ITSELF, true);

/**
 * Keeps the host's body parsers away from the feedback route, so that its handler finds the body unread. SNS
 * posts JSON as `text/plain`, or as whatever a delivery policy says: parsers that go by the content type ignore
 * it, refuse it (415), or stop at 100 kB, where a message of SNS's may have more than 256 KiB.
 *
 * Which requests these are is for the router to say, not for a comparison of paths: prefixes, versions, exclusions
 * and routes of the host's that stand before ours are all known to it.
 *
 * Set up with the HTTP adapter, which is before Nest and `main.ts` add their parsers.
 */
@Injectable()
export class FeedbackRoute {
  constructor(host: HttpAdapterHost) {
    // A testing module gets its adapter after its providers.
    if (host.httpAdapter) guard(host);
    else host.init$.subscribe(() => guard(host));
  }
}

function guard({ httpAdapter }: HttpAdapterHost): void {
  switch (httpAdapter?.getType()) {
    case 'express': {
      const router = new ExpressRouter(httpAdapter.getInstance<ExpressLike>(), isMarked);
      httpAdapter.use((request: IncomingMessage, _response: unknown, next: Next) => {
        if (request.method === 'POST' && router.givesOwn(request.url ?? '')) hideBody(request);
        next();
      });
      break;
    }
    case 'fastify':
      httpAdapter.getInstance<FastifyLike>().addHook('onRoute', (route) => {
        if (isMarked(route.handler)) route.onRequest = [hideFromFastify, ...[route.onRequest ?? []].flat()];
      });
      break;
  }
}

function hideFromFastify({ raw }: { raw: IncomingMessage }, _reply: unknown, done: Next): void {
  hideBody(raw);
  done();
}

/** Nest copies a method's metadata to the handler that it gives to the router. */
function isMarked(handler: unknown): boolean {
  return typeof handler === 'function' && Reflect.getMetadata(READS_BODY_ITSELF, handler) === true;
}

function hideBody({ headers }: IncomingMessage): void {
  for (const name of BODY_HEADERS) delete headers[name];
}
