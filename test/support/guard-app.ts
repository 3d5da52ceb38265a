import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module, type INestApplication } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Clock } from '../../libs/ses-reputation/src/clock.js';
import { EventDispatcher } from '../../libs/ses-reputation/src/events/event-dispatcher.js';
import type { SesEvents } from '../../libs/ses-reputation/src/events/ses-events.js';
import { GuardGate } from '../../libs/ses-reputation/src/guard/guard-gate.js';
import { GuardService } from '../../libs/ses-reputation/src/guard/guard.service.js';
import { Leadership } from '../../libs/ses-reputation/src/leadership/leadership.js';
import { MailerService } from '../../libs/ses-reputation/src/mailer/mailer.service.js';
import type { SendReceipt } from '../../libs/ses-reputation/src/mailer/send-receipt.js';
import {
  SES_OPTIONS,
  type ResolvedOptions,
  type SesReputationOptions,
} from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import { AmazonWord } from '../../libs/ses-reputation/src/reputation/amazon/amazon-word.js';
import type { ReputationReport } from '../../libs/ses-reputation/src/reputation/report.js';
import { ReputationService } from '../../libs/ses-reputation/src/reputation/reputation.service.js';
import { SesReputationModule } from '../../libs/ses-reputation/src/ses-reputation.module.js';
import { SuppressionService } from '../../libs/ses-reputation/src/suppression/suppression.service.js';
import { SesSimulator } from '../../libs/ses-reputation/src/testing/index.js';
import type { TestDatabase } from './databases.js';
import { AdjustableClock } from './mailer-parts.js';
import { HastyAmazonWord } from './reputation.js';

const MINUTE_MS = 60_000;
const AT_ONCE = 20;

/** Amazon and a database with one clock, for one or several instances of an application. */
export class GuardScene {
  private readonly apps: GuardApp[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly simulator: SesSimulator,
    readonly clock: AdjustableClock,
  ) {}

  static async open(create: () => Promise<TestDatabase>, clock = new AdjustableClock()): Promise<GuardScene> {
    const now = () => clock.now();
    const simulator = await SesSimulator.start({ sendRate: 100_000, quota: 10_000_000, now });
    return new GuardScene(await create(), simulator, clock);
  }

  async start(given: Partial<SesReputationOptions> = {}): Promise<GuardApp> {
    const app = await GuardApp.start(this, given);
    this.apps.push(app);
    return app;
  }

  minutes(count: number): void {
    this.clock.aheadMs += count * MINUTE_MS;
  }

  async close(): Promise<void> {
    for (const app of this.apps) await app.stop();
    await this.simulator.stop();
    await this.database.drop();
  }
}

/** One instance of an application with the module, listening for feedback. */
export class GuardApp {
  readonly guardEvents: SesEvents['ses.guard.changed'][] = [];
  readonly pausedEvents: SesEvents['ses.send.paused'][] = [];
  private stopped = false;

  private constructor(
    private readonly app: INestApplication,
    private readonly simulator: SesSimulator,
  ) {}

  static async start(
    { database, simulator, clock }: GuardScene,
    given: Partial<SesReputationOptions>,
  ): Promise<GuardApp> {
    @Module({
      imports: [
        TypeOrmModule.forRoot({ ...database.options, autoLoadEntities: true, synchronize: true }),
        EventEmitterModule.forRoot(),
        ScheduleModule.forRoot(),
        SesReputationModule.forRoot({
          client: simulator.clientConfig,
          configurationSet: simulator.configurationSet,
          from: 'shop@example.com',
          streams: {
            transactional: { priority: 'critical' },
            orders: { priority: 'normal' },
            newsletter: { priority: 'bulk' },
          },
          feedback: { topicArns: [simulator.topicArn], fetch: simulator.fetch },
          guard: { mode: 'enforce', probe: { share: 0.1, volume: 20 } },
          reputation: { check: false, minimumVolume: 100, window: { volume: 200 } },
          ...given,
        }),
      ],
    })
    class HostModule {}
    const module = await Test.createTestingModule({ imports: [HostModule] })
      .overrideProvider(Clock)
      .useValue(clock)
      .overrideProvider(AmazonWord)
      .useClass(HastyAmazonWord)
      .setLogger(false as never)
      .compile();
    const started = new GuardApp(module.createNestApplication({ forceCloseConnections: true }), simulator);
    await started.listen();
    return started;
  }

  get mailer(): MailerService {
    return this.app.get(MailerService);
  }

  get guard(): GuardService {
    return this.app.get(GuardService);
  }

  get suppressions(): SuppressionService {
    return this.app.get(SuppressionService);
  }

  get gate(): GuardGate {
    return this.app.get(GuardGate);
  }

  get dataSource(): DataSource {
    return this.app.get(DataSource);
  }

  get emitter(): EventEmitter2 {
    return this.app.get(EventEmitter2);
  }

  report(): Promise<ReputationReport> {
    return this.app.get(ReputationService).report();
  }

  get url(): string {
    const { port } = this.app.getHttpServer().address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** To so many people who get it, and so many who don't exist: a message each. */
  async send(stream: string, good: number, bad = 0): Promise<Record<SendReceipt['status'], number>> {
    const tally = { sent: 0, partial: 0, suppressed: 0, paused: 0 };
    const run = Math.random().toString(36).slice(2);
    const recipients = Array.from({ length: good + bad }, (_, i) => {
      return `${run}-${i}@${i < good ? 'example.com' : 'hard.test'}`;
    });
    while (recipients.length > 0) {
      const some = recipients.splice(0, AT_ONCE);
      const receipts = await Promise.all(some.map((to) => this.mailer.send({ to, stream, text: 'Hello' })));
      for (const { status } of receipts) tally[status]++;
    }
    return tally;
  }

  /** Takes the feedback of all that was sent, and does what the scheduled check does. */
  async check(): Promise<string> {
    await this.simulator.settled();
    const { level } = await this.app.get(ReputationService).check();
    await this.settled();
    return level;
  }

  /** Delivers the events that are stored. */
  async settled(): Promise<void> {
    if (this.app.get(Leadership).token !== null) await this.app.get(EventDispatcher).drain();
  }

  /** Waits until this instance does the work that one does for all. */
  async leads(): Promise<void> {
    while (this.app.get(Leadership).token === null) await sleep(10);
  }

  /** Whether this instance knows that the stream is paused. */
  holds(stream: string): boolean {
    const { streams } = this.app.get<ResolvedOptions>(SES_OPTIONS, { strict: false });
    return this.gate.pauseOf(streams.get(stream)!) !== null;
  }

  async stateOf(stream: string) {
    const states = await this.guard.states();
    return states.find((state) => state.stream === stream)!;
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.app.close();
  }

  private async listen(): Promise<void> {
    await this.app.listen(0, '127.0.0.1');
    const emitter = this.app.get(EventEmitter2);
    emitter.on('ses.guard.changed', (event) => this.guardEvents.push(event));
    emitter.on('ses.send.paused', (event) => this.pausedEvents.push(event));
  }
}
