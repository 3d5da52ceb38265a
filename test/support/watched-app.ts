import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Clock } from '../../libs/ses-reputation/src/clock.js';
import { EventDispatcher } from '../../libs/ses-reputation/src/events/event-dispatcher.js';
import type { SesEventName, SesEvents } from '../../libs/ses-reputation/src/events/ses-events.js';
import { Leadership } from '../../libs/ses-reputation/src/leadership/leadership.js';
import type { ReputationOptions } from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import { SesReputationModule } from '../../libs/ses-reputation/src/ses-reputation.module.js';
import { SesSimulator } from '../../libs/ses-reputation/src/testing/index.js';
import type { TestDatabase } from './databases.js';
import { AdjustableClock } from './mailer-parts.js';

/** An application that sends through the simulator and listens to it over HTTP; both go by one clock. */
export class WatchedApp {
  readonly clock = new AdjustableClock();
  simulator!: SesSimulator;
  private app!: INestApplication;
  private readonly events: { name: string; payload: unknown }[] = [];

  static async start(database: TestDatabase, reputation: ReputationOptions): Promise<WatchedApp> {
    const watched = new WatchedApp();
    const { clock } = watched;
    watched.simulator = await SesSimulator.start({ now: () => clock.now(), sendRate: 10_000 });
    await watched.listen(database, reputation);
    return watched;
  }

  get<T>(token: Type<T>): T {
    return this.app.get(token, { strict: false });
  }

  /** Where SNS posts to. */
  get endpoint(): string {
    const { port } = this.app.getHttpServer().address() as AddressInfo;
    return `http://127.0.0.1:${port}/ses/feedback`;
  }

  /** What was raised of one event, all that is stored included. */
  async raised<N extends SesEventName>(name: N): Promise<SesEvents[N][]> {
    await this.get(EventDispatcher).drain();
    return this.events.filter((event) => event.name === name).map(({ payload }) => payload as SesEvents[N]);
  }

  async stop(): Promise<void> {
    await this.app?.close();
    await this.simulator.stop();
  }

  private async listen(database: TestDatabase, reputation: ReputationOptions): Promise<void> {
    @Module({
      imports: [
        TypeOrmModule.forRoot({ ...database.options, autoLoadEntities: true, synchronize: true }),
        EventEmitterModule.forRoot({ wildcard: true }),
        ScheduleModule.forRoot(),
        SesReputationModule.forRoot({
          client: this.simulator.clientConfig,
          configurationSet: this.simulator.configurationSet,
          from: 'no-reply@example.com',
          feedback: { topicArns: [this.simulator.topicArn], fetch: this.simulator.fetch },
          reputation: { check: false, ...reputation },
        }),
      ],
    })
    class AppModule {}
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(Clock)
      .useValue(this.clock)
      .compile();
    this.app = module.createNestApplication({ logger: false, forceCloseConnections: true });
    await this.app.listen(0, '127.0.0.1');
    this.app.get(EventEmitter2).onAny((name, payload) => {
      this.events.push({ name: String(name), payload });
    });
    // Events are delivered by the instance that leads.
    while (this.get(Leadership).token === null) await sleep(5);
  }
}
