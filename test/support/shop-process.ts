import 'reflect-metadata';
import { Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { EventDispatcher } from '../../libs/ses-reputation/src/events/event-dispatcher.js';
import { OnSesEvent } from '../../libs/ses-reputation/src/events/on-ses-event.decorator.js';
import type { SesEvents } from '../../libs/ses-reputation/src/events/ses-events.js';
import { Leadership } from '../../libs/ses-reputation/src/leadership/leadership.js';
import { SesReputationModule } from '../../libs/ses-reputation/src/ses-reputation.module.js';
import { SuppressionService } from '../../libs/ses-reputation/src/suppression/suppression.service.js';

/** What a test tells this process, as JSON in its first argument. */
export interface ShopOrders {
  database: DataSourceOptions;
  leaseMs: number;
  /** Where SES is. */
  endpoint: string;
  checkEveryMs: number | false;
  /** Addresses to suppress once it leads. */
  suppress: string[];
  /** `wake`: it is killed after the commit, before any event is read; an address: in a listener that hears of it. */
  dieAt: string | null;
}

/** One instance of an application, in a process that a test can kill. Prints one JSON line for each thing that happens. */
const orders = JSON.parse(process.argv[2]!) as ShopOrders;
const die = () => process.kill(process.pid, 'SIGKILL');
const say = (said: object) => process.stdout.write(`${JSON.stringify(said)}\n`);

@Injectable()
class Listener {
  @OnSesEvent('ses.suppression.added')
  async heard({ id, address }: SesEvents['ses.suppression.added']): Promise<void> {
    if (address === orders.dieAt) die();
    say({ heard: address, id });
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({ ...orders.database, autoLoadEntities: true }),
    EventEmitterModule.forRoot(),
    ScheduleModule.forRoot(),
    SesReputationModule.forRoot({
      client: {
        region: 'us-east-1',
        endpoint: orders.endpoint,
        credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
      },
      feedback: { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] },
      reputation: { check: orders.checkEveryMs === false ? false : { everyMs: orders.checkEveryMs } },
      background: { leaseMs: orders.leaseMs },
    }),
  ],
  providers: [Listener],
})
class ShopModule {}

Logger.overrideLogger(['error']);
const app = await NestFactory.createApplicationContext(ShopModule, { logger: ['error'] });
app.enableShutdownHooks();
say({ started: true });
const leadership = app.get(Leadership, { strict: false });
// Nothing else keeps the process alive, and it must not end by itself.
const alive = setInterval(() => {
  if (leadership.token === null) return;
  clearInterval(alive);
  setInterval(() => undefined, 60_000);
  say({ leads: leadership.token });
  if (orders.suppress.length > 0) void suppress();
}, 5);

async function suppress(): Promise<void> {
  if (orders.dieAt === 'wake') app.get(EventDispatcher, { strict: false }).wake = die;
  // All at once: they are delivered side by side.
  const list = app.get(SuppressionService, { strict: false });
  await Promise.all(orders.suppress.map((address) => list.suppress(address, { reason: 'manual' })));
  say({ suppressed: orders.suppress.length });
}
