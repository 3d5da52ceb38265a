import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Clock } from '../clock.js';
import { SesReputationConfigError } from '../errors.js';
import { FeedbackService } from '../feedback/feedback.service.js';
import { QueueDoor } from '../feedback/queue-door.js';
import { BackgroundStore } from '../store/background-store.js';
import { QueueReader } from './queue-reader.js';
import { StoreGate } from './store-gate.js';

/** The readers of all queues: started with the application, stopped before its database goes away. */
@Injectable()
export class SqsConsumers implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readers: QueueReader[] = [];

  constructor(private readonly modules: ModuleRef) {}

  /** @throws SesReputationConfigError if the application has no SesReputationModule */
  onModuleInit(): void {
    const queues = this.find(QueueDoor).open();
    const feedback = this.find(FeedbackService);
    const store = this.find(BackgroundStore);
    const clock = this.find(Clock);
    const host = {
      ingest: (body: unknown) => feedback.ingest(body, { source: 'sqs' }),
      store: new StoreGate(() => store.read((manager) => manager.query('select 1')), this.stopping.signal),
      now: () => clock.now(),
    };
    this.readers = queues.map((queue) => new QueueReader(queue, host));
  }

  onApplicationBootstrap(): void {
    for (const reader of this.readers) reader.start();
  }

  /** The first of Nest's hooks at shutdown: everything that a batch in hand needs is still there. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.readers.map((reader) => reader.stop()));
  }

  /** By whatever module: SesReputationModule need not be global. */
  private find<T>(token: new (...args: never[]) => T): T {
    try {
      return this.modules.get<T>(token, { strict: false });
    } catch (cause) {
      throw new SesReputationConfigError(
        'SesSqsModule finds no SesReputationModule: add SesReputationModule.forRoot(...) (from ' +
          'nestjs-ses-reputation) to the imports of your root module',
        { cause },
      );
    }
  }
}
