import { Module, type INestApplication } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SendMessageBatchCommand, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import {
  FeedbackEvent,
  FeedbackService,
  ReputationBucket,
  SesReputationModule,
  type QueueOptions,
  type SesReputationOptions,
} from 'nestjs-ses-reputation';
import { SesSqsModule } from 'nestjs-ses-reputation/sqs';
import { DataSource } from 'typeorm';
import { Said } from './background-app.js';
import type { TestDatabase } from './databases.js';

export const TOPIC_ARN = 'arn:aws:sns:us-east-1:123456789012:ses-feedback';

/** A local Amazon SQS and SNS. */
export class LocalQueues {
  readonly clientConfig: SQSClientConfig;
  readonly client: SQSClient;

  private constructor(readonly server: FauxqsServer) {
    this.clientConfig = localClient(server.address);
    this.client = new SQSClient(this.clientConfig);
  }

  static async start(port = 0): Promise<LocalQueues> {
    return new LocalQueues(await startFauxqs({ port, logger: false }));
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.server.stop();
  }

  /** Visible again soon: tests wait for it. */
  create(
    name: string,
    more: Partial<QueueOptions> & { deadLetters?: string; tries?: number } = {},
  ): QueueOptions {
    const { deadLetters, tries = 2, ...options } = more;
    const redrive = deadLetters && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: this.server.inspectQueue(deadLetters)!.arn,
        maxReceiveCount: String(tries),
      }),
    };
    const { queueUrl: url } = this.server.createQueue(name, { attributes: { ...redrive } });
    return { url, ...this.options(), ...options };
  }

  /** Of any queue here. */
  options() {
    return { client: this.clientConfig, waitTimeSeconds: 1, visibilityTimeoutSeconds: 1 };
  }

  async send(name: string, bodies: readonly (object | string)[]): Promise<void> {
    const { url: QueueUrl } = this.server.inspectQueue(name)!;
    for (let i = 0; i < bodies.length; i += 10) {
      const Entries = bodies.slice(i, i + 10).map((body, n) => ({
        Id: String(n),
        MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
      }));
      await this.client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    }
  }

  /** How many messages it holds, those in flight included. */
  held(name: string): number {
    const { ready, delayed, inflight } = this.server.inspectQueue(name)!.messages;
    return ready.length + delayed.length + inflight.length;
  }

  inFlight(name: string) {
    return this.server.inspectQueue(name)!.messages.inflight;
  }
}

export function localClient(endpoint: string): SQSClientConfig {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
}

/** An application that reads queues. */
export class QueueHost {
  readonly feedback: FeedbackService;

  private constructor(
    readonly app: INestApplication,
    readonly said: Said,
  ) {
    this.feedback = app.get(FeedbackService, { strict: false });
  }

  /** Made, and not started. */
  static async make(
    database: TestDatabase,
    queues: QueueOptions[],
    given: Partial<SesReputationOptions> = {},
    modules: object[] = [SesSqsModule],
  ): Promise<QueueHost> {
    const said = new Said();
    @Module({
      imports: [
        TypeOrmModule.forRoot({ ...database.options, autoLoadEntities: true, synchronize: true }),
        EventEmitterModule.forRoot(),
        ScheduleModule.forRoot(),
        SesReputationModule.forRoot({
          client: { region: 'us-east-1' },
          from: 'shop@example.com',
          app: 'shop',
          streams: { transactional: { priority: 'critical' }, newsletter: { priority: 'bulk' } },
          feedback: { topicArns: [TOPIC_ARN], queues },
          reputation: { check: false },
          ...given,
        }),
        ...(modules as (typeof SesSqsModule)[]),
      ],
    })
    class HostModule {}
    const module = await Test.createTestingModule({ imports: [HostModule] })
      .setLogger(said)
      .compile();
    return new QueueHost(module.createNestApplication(), said);
  }

  static async start(...args: Parameters<typeof QueueHost.make>): Promise<QueueHost> {
    const host = await QueueHost.make(...args);
    await host.app.init();
    return host;
  }

  /** Puts itself before the ingest. */
  intercept(ingest: (body: string, go: () => Promise<unknown>) => Promise<unknown>): void {
    const { feedback } = this;
    const original = feedback.ingest.bind(feedback);
    feedback.ingest = ((body, context) =>
      ingest(typeof body === 'string' ? body : JSON.stringify(body), () =>
        original(body, context),
      )) as typeof feedback.ingest;
  }

  get dataSource(): DataSource {
    return this.app.get(DataSource, { strict: false });
  }

  /** `address source` of each row. */
  async rows(): Promise<string[]> {
    const rows = await this.dataSource.manager.find(FeedbackEvent);
    return rows.map(({ address, source }) => `${address} ${source}`).toSorted();
  }

  async hardBounces(): Promise<number> {
    const buckets = await this.dataSource.manager.findBy(ReputationBucket, { dimension: 'account' });
    return buckets.reduce((sum, { hardBounces }) => sum + hardBounces, 0);
  }
}
