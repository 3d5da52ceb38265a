import 'reflect-metadata';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Redis } from 'ioredis';
import type { DataSourceOptions } from 'typeorm';
import { MailerService } from '../../libs/ses-reputation/src/mailer/mailer.service.js';
import { SesReputationModule } from '../../libs/ses-reputation/src/ses-reputation.module.js';

/** What a test tells this process, as JSON in its first argument. */
export interface RateOrders {
  database: DataSourceOptions;
  /** Where SES is. */
  endpoint: string;
  /** A Redis server's URL, and the name under which the rate is shared there. */
  redis: { url: string; name: string } | null;
  /** Subject of its mail. */
  name: string;
  /** Mails that wait for an answer at a time. */
  atOnce: number;
}

/** One instance of an application that always has mail to send. Prints one JSON line for each thing that happens. */
const orders = JSON.parse(process.argv[2]!) as RateOrders;
const say = (said: object) => process.stdout.write(`${JSON.stringify(said)}\n`);

const client = new SESv2Client({
  region: 'us-east-1',
  endpoint: orders.endpoint,
  credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
});
client.middlewareStack.add(
  (next) => async (args) => {
    try {
      return await next(args);
    } catch (error) {
      if ((error as Error).message.includes('sending rate')) say({ throttled: true });
      throw error;
    }
  },
  { step: 'deserialize', priority: 'high', name: 'countThrottles' },
);
const redis = orders.redis && new Redis(orders.redis.url);

@Module({
  imports: [
    TypeOrmModule.forRoot({ ...orders.database, autoLoadEntities: true }),
    EventEmitterModule.forRoot(),
    ScheduleModule.forRoot(),
    SesReputationModule.forRoot({
      client,
      from: 'shop@example.com',
      streams: { newsletter: { priority: 'bulk' } },
      feedback: { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] },
      reputation: { check: false },
      rate: redis ? { redis, name: orders.redis!.name } : {},
    }),
  ],
})
class RateModule {}

Logger.overrideLogger(['error']);
const app = await NestFactory.createApplicationContext(RateModule, { logger: ['error'] });
const mailer = app.get(MailerService, { strict: false });
say({ started: true });
await Promise.all(Array.from({ length: orders.atOnce }, sendForEver));

async function sendForEver(_: unknown, lane: number): Promise<void> {
  for (let n = 0; ; n++) {
    await mailer
      .send({ to: `${orders.name}-${lane}-${n}@example.com`, subject: orders.name, text: 'Hello' })
      .catch((error: unknown) => say({ failed: String(error) }));
  }
}
