import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { INestApplication, LoggerService } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ReputationService, SesReputationModule, type ReputationOptions } from 'nestjs-ses-reputation';
import type { SesSimulator } from 'nestjs-ses-reputation/testing';
import { Clock } from '../../libs/ses-reputation/src/clock.js';
import { SES_REPUTATION_ENTITIES } from '../../libs/ses-reputation/src/entities.js';
import { AmazonWord } from '../../libs/ses-reputation/src/reputation/amazon/amazon-word.js';
import type { TestDatabase } from './databases.js';
import { AdjustableClock } from './mailer-parts.js';
import { HastyAmazonWord } from './reputation.js';

/** Collects what the application says. */
export class Warnings implements LoggerService {
  readonly all: string[] = [];
  log(): void {}
  warn(message: string): void {
    this.all.push(message);
  }
  error(message: string): void {
    this.all.push(message);
  }
}

/** An application with the module, the simulator as its Amazon. It checks when the test says so. */
export class AmazonApp {
  readonly clock = new AdjustableClock();
  readonly warnings = new Warnings();
  readonly raised: { name: string; payload: Record<string, any> }[] = [];
  private app!: INestApplication;

  static async start(
    database: TestDatabase,
    simulator: SesSimulator,
    reputation: ReputationOptions = {},
    { unhurried = false } = {},
  ): Promise<AmazonApp> {
    const self = new AmazonApp();
    const testing = Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ ...database.options, entities: SES_REPUTATION_ENTITIES, synchronize: true }),
        EventEmitterModule.forRoot(),
        ScheduleModule.forRoot(),
        SesReputationModule.forRoot({
          client: { ...simulator.clientConfig, maxAttempts: 1 },
          from: 'Shop <shop@example.com>',
          configurationSet: 'main',
          feedback: { topicArns: [simulator.topicArn], fetch: simulator.fetch },
          reputation: { check: false, minimumVolume: 10, minimumCount: 1, silence: false, ...reputation },
        }),
      ],
    })
      .overrideProvider(Clock)
      .useValue(self.clock);
    if (!unhurried) testing.overrideProvider(AmazonWord).useClass(HastyAmazonWord);
    const module = await testing.compile();
    module.useLogger(self.warnings);
    self.app = module.createNestApplication();
    module
      .get(EventEmitter2, { strict: false })
      .onAny((name, payload) => self.raised.push({ name: String(name), payload: payload as never }));
    await self.app.listen(0, '127.0.0.1');
    return self;
  }

  get url(): Promise<string> {
    return this.app.getUrl();
  }

  get<T>(token: new (...args: never[]) => T): T {
    return this.app.get(token, { strict: false });
  }

  check() {
    return this.get(ReputationService).check();
  }

  report() {
    return this.get(ReputationService).report();
  }

  /** The payloads of an event, once there are so many. */
  async raisedOf(name: string, count: number): Promise<Record<string, any>[]> {
    const found = () => this.raised.filter((event) => event.name === name).map(({ payload }) => payload);
    while (found().length < count) await sleep(5);
    expect(found()).toHaveLength(count);
    return found();
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
