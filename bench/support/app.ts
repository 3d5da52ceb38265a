import {
  Module,
  type DynamicModule,
  type INestApplication,
  type INestApplicationContext,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { SesReputationModule, type SesReputationOptions } from '../../libs/ses-reputation/src/index.js';
import { sesReputationMigrations } from '../../libs/ses-reputation/src/migrations/index.js';
import { SIGNING_CERTIFICATE } from '../../libs/ses-reputation/src/testing/sns/signing-key.js';
import { TOPIC_ARN } from './bounces.js';

/** The options of every benchmark; nothing of them reaches the network. */
export function benchOptions(given: Partial<SesReputationOptions> = {}): SesReputationOptions {
  return {
    client: { region: 'us-east-1' },
    from: 'Example <no-reply@example.com>',
    feedback: { topicArns: [TOPIC_ARN], fetch: async () => new Response(SIGNING_CERTIFICATE) },
    reputation: { check: false },
    ...given,
  };
}

/** The root module of a host with this package in it, its tables made by the package's own migrations. */
export function hostModule(database: DataSourceOptions, given: Partial<SesReputationOptions> = {}): Type {
  return moduleOf([
    TypeOrmModule.forRoot({
      ...database,
      autoLoadEntities: true,
      migrations: sesReputationMigrations,
      migrationsRun: true,
    }),
    EventEmitterModule.forRoot(),
    ScheduleModule.forRoot(),
    SesReputationModule.forRoot(benchOptions(given)),
  ]);
}

/** A host without HTTP. */
export function startHost(
  database: DataSourceOptions,
  given: Partial<SesReputationOptions> = {},
): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(hostModule(database, given), { logger: ['error'] });
}

export function moduleOf(imports: (DynamicModule | Type)[]): Type {
  @Module({ imports })
  class Root {}
  return Root;
}

/** @returns the port it listens on */
export async function listen(app: INestApplication): Promise<number> {
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  return port;
}
