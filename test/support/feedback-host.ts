import type { AddressInfo } from 'node:net';
import { expect } from '@jest/globals';
import {
  Module,
  type INestApplication,
  type ModuleMetadata,
  type NestApplicationOptions,
  type Provider,
  type Type,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { EventDispatcher } from '../../libs/ses-reputation/src/events/event-dispatcher.js';
import { FeedbackEvent } from '../../libs/ses-reputation/src/feedback/feedback-event.entity.js';
import {
  DEFAULT_FEEDBACK_LIMITS,
  FEEDBACK_LIMITS,
  type FeedbackLimits,
} from '../../libs/ses-reputation/src/feedback/feedback-limits.js';
import { Leadership } from '../../libs/ses-reputation/src/leadership/leadership.js';
import { SesReputationModule } from '../../libs/ses-reputation/src/ses-reputation.module.js';
import { SuppressedAddress } from '../../libs/ses-reputation/src/suppression/suppressed-address.entity.js';
import type { SesSimulator } from '../../libs/ses-reputation/src/testing/index.js';
import { until } from './sns-harness.js';
import { AmazonDouble, TOPIC_ARN, sign, type Fields } from './sns-forge.js';

export const PLATFORMS: { name: string; adapter: () => AbstractHttpAdapter }[] = [
  { name: 'Express', adapter: () => new ExpressAdapter() as AbstractHttpAdapter },
  { name: 'Fastify', adapter: () => new FastifyAdapter() as AbstractHttpAdapter },
];

export interface HostSetUp {
  adapter: () => AbstractHttpAdapter;
  /** What stands in the host's main.ts between create and listen. */
  main?: (app: INestApplication) => void;
  options?: NestApplicationOptions;
  /** More modules of the host's. */
  imports?: ModuleMetadata['imports'];
  controllers?: Type[];
  providers?: Provider[];
  publicMetadata?: Record<string, unknown>;
  /** Other than `ses/feedback`. */
  feedbackPath?: string;
  /** Instead of the double of Amazon and the client that reaches nobody. */
  simulator?: SesSimulator;
  /** Shorter waits than the real ones. Starts the application as a test of a host's would: by a testing module. */
  limits?: Partial<FeedbackLimits>;
}

/** An application with the real module on SQLite in it, listening; Amazon is a double. */
export class FeedbackHost {
  readonly amazon = new AmazonDouble();
  readonly events: { name: string; payload: Fields }[] = [];
  url = '';
  private app!: INestApplication;
  private held = false;

  static async start(setUp: HostSetUp): Promise<FeedbackHost> {
    const host = new FeedbackHost();
    host.app = await host.create(setUp);
    await host.listen(setUp);
    return host;
  }

  get<T>(token: Type<T>): T {
    return this.app.get(token, { strict: false });
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  /** Posts a body, by default as SNS does. A header of `undefined` is left out. */
  async post(
    body: string | Uint8Array | Fields,
    {
      path = '/ses/feedback',
      headers = {},
    }: { path?: string; headers?: Record<string, string | undefined> } = {},
  ): Promise<{ status: number; body: any }> {
    const sent = Object.entries({ 'content-type': 'text/plain; charset=UTF-8', ...headers });
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: sent.filter((header): header is [string, string] => header[1] !== undefined),
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  postSigned(envelope: Fields, key?: Parameters<typeof sign>[1]) {
    return this.post(sign(envelope, key));
  }

  /** Delivers the events that are stored. */
  settled(): Promise<void> {
    return this.get(EventDispatcher).drain();
  }

  /** Makes a post of which nothing may come, and tells how often Amazon was asked. */
  async refused(post: () => Promise<{ status: number; body: any }>) {
    const before = await this.effects();
    const requests = this.amazon.requests.length;
    const { status, body } = await post();
    expect(await this.effects()).toEqual(before);
    return { status, body, requests: this.amazon.requests.length - requests };
  }

  /** The raw texts of the events that are stored. */
  async stored(): Promise<string[]> {
    const rows = await this.database.getRepository(FeedbackEvent).find();
    return rows.map(({ raw }) => raw);
  }

  /** Takes the tables away, as far as the module can see. */
  async takeStoreDown(): Promise<() => Promise<void>> {
    const { tableName } = this.database.getMetadata(FeedbackEvent);
    await this.database.query(`alter table ${tableName} rename to taken_away`);
    return async () => {
      await this.database.query(`alter table taken_away rename to ${tableName}`);
    };
  }

  /** Has the database keep everybody waiting; gives what ends that. */
  async holdStore(): Promise<() => Promise<void>> {
    const runner = this.database.createQueryRunner();
    await this.settled();
    await runner.startTransaction();
    this.held = true;
    return () => {
      this.held = false;
      return runner.rollbackTransaction();
    };
  }

  private get database(): DataSource {
    return this.app.get(DataSource);
  }

  private async effects() {
    if (!this.held) await this.settled();
    return {
      rows: await this.database.getRepository(FeedbackEvent).count(),
      suppressed: await this.database.getRepository(SuppressedAddress).count(),
      events: this.events.length,
    };
  }

  private async create(setUp: HostSetUp): Promise<INestApplication> {
    const options = { logger: false as const, forceCloseConnections: true, ...setUp.options };
    const root = this.rootModule(setUp);
    if (!setUp.limits) return NestFactory.create(root, setUp.adapter(), options);
    const module = await Test.createTestingModule({ imports: [root] })
      .overrideProvider(FEEDBACK_LIMITS)
      .useValue({ ...DEFAULT_FEEDBACK_LIMITS, ...setUp.limits })
      .compile();
    return module.createNestApplication(setUp.adapter(), options);
  }

  private rootModule({
    imports = [],
    controllers,
    providers,
    publicMetadata,
    feedbackPath,
    simulator,
  }: HostSetUp): Type {
    @Module({
      imports: [
        TypeOrmModule.forRoot({
          type: 'better-sqlite3',
          database: ':memory:',
          autoLoadEntities: true,
          synchronize: true,
        }),
        EventEmitterModule.forRoot({ wildcard: true }),
        ScheduleModule.forRoot(),
        SesReputationModule.forRoot({
          publicMetadata,
          path: feedbackPath,
          client: simulator?.clientConfig ?? { region: 'us-east-1' },
          configurationSet: simulator?.configurationSet,
          from: 'no-reply@example.com',
          feedback: {
            topicArns: [simulator?.topicArn ?? TOPIC_ARN],
            fetch: simulator?.fetch ?? this.amazon.fetch,
          },
          reputation: { check: false },
        }),
        ...imports,
      ],
      controllers,
      providers,
    })
    class HostModule {}
    return HostModule;
  }

  private async listen({ main }: HostSetUp): Promise<void> {
    main?.(this.app);
    await this.app.listen(0, '127.0.0.1');
    this.app.get(EventEmitter2).onAny((name, payload) => {
      this.events.push({ name: String(name), payload });
    });
    const { port } = this.app.getHttpServer().address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}`;
    await until(() => this.get(Leadership).token !== null);
  }
}
