import type { LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { readEnvironment, type Environment } from './config/environment.js';
import { chooseSending, type Sending } from './config/sending.js';
import { stopSending } from './config/sending.module.js';
import { securityHeaders } from './http/security-headers.js';

type App = NestExpressApplication | NestFastifyApplication;

/** A shop that runs. `app.close()` ends it, its simulator included. */
export interface SampleApp {
  app: App;
  /** Where it answers, e.g. `http://127.0.0.1:3000`. */
  url: string;
  environment: Environment;
  sending: Sending;
}

/**
 * Starts the shop as its environment says, and listens.
 *
 * @throws Error that names the variable that is wrong, or says what could not be reached
 */
export async function startSampleApp(
  env: NodeJS.ProcessEnv,
  options: { logger?: LogLevel[] | false } = {},
): Promise<SampleApp> {
  const environment = readEnvironment(env);
  const sending = await chooseSending(environment);
  let app: App | undefined;
  try {
    app = await createApp(environment, sending, options.logger ?? ['warn', 'error', 'fatal']);
    await app.listen(environment.PORT, environment.HOST);
    const url = addressOf(app, environment.HOST);
    if (sending.through === 'built-in simulator') await sending.simulator.subscribe(`${url}/ses/feedback`);
    return { app, url, environment, sending };
  } catch (error) {
    // What did start is closed again: a failed start leaves no open port or connection behind.
    await app?.close();
    await stopSending(sending);
    throw error;
  }
}

async function createApp(
  environment: Environment,
  sending: Sending,
  logger: LogLevel[] | false,
): Promise<App> {
  const module = AppModule.of(environment, sending);
  const options = { logger, abortOnError: false };
  const app =
    environment.HTTP_ADAPTER === 'fastify'
      ? await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), options)
      : await NestFactory.create<NestExpressApplication>(module, options);
  app.use(securityHeaders);
  return app;
}

/** The port is asked of the server, as PORT=0 takes a free one. */
function addressOf(app: App, host: string): string {
  const { port } = app.getHttpServer().address() as { port: number };
  if (['0.0.0.0', '::'].includes(host)) return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
