import type { INestApplicationContext } from '@nestjs/common';

/** An application, or how to make one. Called at the first invocation, and again after a start that failed. */
export type AppSource =
  | INestApplicationContext
  | Promise<INestApplicationContext>
  | (() => INestApplicationContext | Promise<INestApplicationContext>);

/** Starts the application once, for all invocations. */
export function coldStart(source: AppSource): () => Promise<INestApplicationContext> {
  let started: Promise<INestApplicationContext> | null = null;
  return () => {
    started ??= start(source).catch((error: unknown) => {
      started = null;
      throw error;
    });
    return started;
  };
}

async function start(source: AppSource): Promise<INestApplicationContext> {
  const app = await (typeof source === 'function' ? source() : source);
  // Does nothing where it was done, as by NestFactory.createApplicationContext.
  return app.init();
}
