import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { FEEDBACK_PATH } from './feedback-path.js';
import { isFeedbackRequest } from './is-feedback-request.js';

type Next = () => void;

/** The part of a Fastify instance that is used; the package may not be installed. */
interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: { raw: IncomingMessage }, reply: unknown, done: Next) => void,
  ): void;
}

/** Without these, Express's parsers and Fastify alike take a request for one without a body. */
const BODY_HEADERS = ['content-type', 'content-length', 'transfer-encoding'] as const;

/**
 * Keeps the host's body parsers away from the feedback route, so that its handler finds the body unread. SNS
 * posts JSON as `text/plain`, or as whatever a delivery policy says: parsers that go by the content type ignore
 * it, refuse it (415), or stop at 100 kB, where a message of SNS's may have more than 256 KiB.
 *
 * Set up with the HTTP adapter, which is before Nest and `main.ts` add their parsers.
 */
@Injectable()
export class FeedbackRoute {
  constructor(
    host: HttpAdapterHost,
    @Inject(FEEDBACK_PATH) private readonly path: string,
    private readonly config: ApplicationConfig,
  ) {
    // A testing module gets its adapter after its providers.
    if (host.httpAdapter) this.guard(host);
    else host.init$.subscribe(() => this.guard(host));
  }

  private guard({ httpAdapter }: HttpAdapterHost): void {
    switch (httpAdapter?.getType()) {
      case 'express':
        httpAdapter.use((request: IncomingMessage, _response: unknown, next: Next) => {
          this.hideBody(request);
          next();
        });
        break;
      case 'fastify':
        httpAdapter.getInstance<FastifyLike>().addHook('onRequest', (request, _reply, done) => {
          this.hideBody(request.raw);
          done();
        });
        break;
    }
  }

  private hideBody(request: IncomingMessage): void {
    const prefix = this.config.getGlobalPrefix();
    if (!isFeedbackRequest(request, { path: this.path, prefix })) return;
    const headers: IncomingHttpHeaders = request.headers;
    for (const name of BODY_HEADERS) delete headers[name];
  }
}
