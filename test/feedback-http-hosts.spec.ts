import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import {
  Body,
  Controller,
  Inject,
  Injectable,
  Post,
  UnauthorizedException,
  ValidationPipe,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import {
  APP_GUARD,
  APP_INTERCEPTOR,
  APP_PIPE,
  Reflector,
  RouterModule,
  type AbstractHttpAdapter,
} from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from '@jest/globals';
import { map } from 'rxjs';
import { SesReputationModule } from '../libs/ses-reputation/src/ses-reputation.module.js';
import { FeedbackHost, PLATFORMS, type HostSetUp } from './support/feedback-host.js';
import { bounce, notification, sign } from './support/sns-forge.js';

/** A route of the host's own, whose path ends like the feedback route's. */
@Controller('shop')
class ShopController {
  @Post('ses/feedback')
  echo(@Body() body: unknown) {
    return { body };
  }
}

@Injectable()
class LoggedInGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride('isPublic', targets)) return true;
    throw new UnauthorizedException();
  }
}

@Injectable()
class SkipAuthGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return Reflect.getMetadata('skipAuth', context.getHandler()) === true;
  }
}

@Injectable()
class WrapInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data) => ({ data })));
  }
}

@Injectable()
class RefuseAllPipe implements PipeTransform {
  transform(): never {
    throw new UnauthorizedException('no pipe may be asked');
  }
}

const LARGE = () => sign(notification({ Message: bounce('x'.repeat(200_000)) }));

describe.each(PLATFORMS)('the feedback route in a host on $name', ({ name, adapter }) => {
  let host: FeedbackHost;
  afterEach(() => host.stop());

  const strict = { whitelist: true, forbidNonWhitelisted: true, transform: true };
  const setUps: [string, Omit<HostSetUp, 'adapter'> & { path?: string; shop?: string }][] = [
    ['that does nothing', {}],
    [
      'with a global prefix',
      { main: (app) => app.setGlobalPrefix('api'), path: '/api/ses/feedback', shop: '/api/shop' },
    ],
    [
      'with a global prefix from which it is excluded',
      { main: (app) => app.setGlobalPrefix('api', { exclude: ['ses/feedback'] }), shop: '/api/shop' },
    ],
    [
      'with versions in the URL',
      {
        main: (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
        shop: '/v1/shop',
      },
    ],
    [
      'with versions in a header',
      { main: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }) },
    ],
    [
      'with a prefix and versions in the URL',
      {
        main: (app) =>
          app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
        path: '/api/ses/feedback',
        shop: '/api/v1/shop',
      },
    ],
    [
      'behind RouterModule',
      {
        imports: [RouterModule.register([{ path: 'hooks', module: SesReputationModule }])],
        path: '/hooks/ses/feedback',
      },
    ],
    ['with a strict global pipe', { main: (app) => app.useGlobalPipes(new ValidationPipe(strict)) }],
    [
      'with a strict global pipe that looks at custom parameters too',
      {
        main: (app) => app.useGlobalPipes(new ValidationPipe({ ...strict, validateCustomDecorators: true })),
      },
    ],
    ['with raw bodies', { options: { rawBody: true } }],
    [
      'that reads bodies by parsers of its own',
      { options: { bodyParser: false }, main: (app) => ownParsers(name, app) },
    ],
  ];

  it.each(setUps)('%s', async (_, { path = '/ses/feedback', shop = '/shop', ...setUp }) => {
    host = await FeedbackHost.start({ adapter, controllers: [ShopController], ...setUp });
    const asSns = { 'x-amz-sns-message-type': 'Notification' };
    for (const type of [
      'text/plain; charset=UTF-8',
      'application/json',
      'application/x-www-form-urlencoded',
      'image/png',
    ]) {
      const headers = { ...asSns, 'content-type': type };
      const answer = await host.post(LARGE(), { path, headers });
      expect(answer).toMatchObject({ status: 200, body: { status: 'stored' } });
    }
    const json = { 'content-type': 'application/json' };
    // The route of the host's own still gets its body parsed.
    const own = await host.post(
      { a: 1 },
      { path: `${shop}/ses/feedback`, headers: { ...json, 'x-version': '1' } },
    );
    expect(own).toEqual({ status: 201, body: { body: { a: 1 } } });
    expect(await host.post('{', { path, headers: { ...json, ...asSns } })).toMatchObject({ status: 400 });
  });

  it('is let in by guards that look for isPublic', async () => {
    const guard = { provide: APP_GUARD, useClass: LoggedInGuard };
    host = await FeedbackHost.start({ adapter, controllers: [ShopController], providers: [guard] });
    expect(await host.postSigned(notification())).toMatchObject({ status: 200 });
    expect(await host.post({}, { path: '/shop/ses/feedback' })).toMatchObject({ status: 401 });
  });

  it("is let in by guards that look for a key of the host's", async () => {
    const providers = [{ provide: APP_GUARD, useClass: SkipAuthGuard }];
    host = await FeedbackHost.start({ adapter, providers, publicMetadata: { skipAuth: true } });
    expect(await host.postSigned(notification())).toMatchObject({ status: 200 });
  });

  it('passes no pipe', async () => {
    host = await FeedbackHost.start({ adapter, providers: [{ provide: APP_PIPE, useClass: RefuseAllPipe }] });
    expect(await host.postSigned(notification())).toMatchObject({ status: 200 });
  });

  it('takes what a parser that was there before has made of the body', async () => {
    const early = before(name, adapter, async (request) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      return JSON.parse(Buffer.concat(chunks).toString());
    });
    host = await FeedbackHost.start({ adapter: early });
    expect(await host.postSigned(notification())).toMatchObject({ status: 200 });
    expect(await host.post([] as never)).toMatchObject({ status: 400 });
  });

  it('asks SNS to try again where somebody before has read the body and left nothing', async () => {
    const early = before(name, adapter, async (request) => {
      request.resume();
      await once(request, 'end');
      return undefined;
    });
    host = await FeedbackHost.start({ adapter: early });
    const answer = await host.postSigned(notification());
    expect(answer).toMatchObject({ status: 503, body: { message: expect.stringMatching(/reads the body/) } });
  });

  it('lets interceptors shape the answer', async () => {
    const providers = [{ provide: APP_INTERCEPTOR, useClass: WrapInterceptor }];
    host = await FeedbackHost.start({ adapter, providers });
    const answer = await host.postSigned(notification());
    expect(answer).toEqual({ status: 200, body: { data: { status: 'stored' } } });
  });
});

type Reader = (request: IncomingMessage) => Promise<unknown>;

/** An adapter whose server had a body reader of the host's before Nest came. */
function before(
  platform: string,
  adapter: () => AbstractHttpAdapter,
  read: Reader,
): () => AbstractHttpAdapter {
  return () => {
    const server = adapter();
    if (platform === 'Express') {
      server.use(async (request: IncomingMessage & { body: unknown }, _: unknown, next: () => void) => {
        request.body = await read(request);
        next();
      });
    } else {
      server.getInstance().addHook('onRequest', async (request: { raw: IncomingMessage; body: unknown }) => {
        request.body = await read(request.raw);
      });
    }
    return server;
  };
}

function ownParsers(platform: string, app: INestApplication): void {
  if (platform === 'Express') {
    const express = app as NestExpressApplication;
    express.useBodyParser('json').useBodyParser('text', { type: '*/*', limit: '1kb' });
  } else {
    const fastify = app as NestFastifyApplication;
    fastify.useBodyParser(['application/json', '*'], { bodyLimit: 1_024 });
  }
}
