import {
  DeleteSuppressedDestinationCommand,
  ListSuppressedDestinationsCommand,
  PutSuppressedDestinationCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import { Module, type INestApplicationContext, type LoggerService } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountListEntry } from '../../libs/ses-reputation/src/account-list/account-list-entry.entity.js';
import { AccountSuppressionSync } from '../../libs/ses-reputation/src/account-list/account-suppression-sync.js';
import { Clock } from '../../libs/ses-reputation/src/clock.js';
import { SES_REPUTATION_ENTITIES } from '../../libs/ses-reputation/src/entities.js';
import { EventDispatcher } from '../../libs/ses-reputation/src/events/event-dispatcher.js';
import { OutboxEvent } from '../../libs/ses-reputation/src/events/outbox-event.entity.js';
import { Leadership } from '../../libs/ses-reputation/src/leadership/leadership.js';
import type { SesReputationOptions } from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import { ApiPace } from '../../libs/ses-reputation/src/ses/api-pace.js';
import { SesReputationModule } from '../../libs/ses-reputation/src/ses-reputation.module.js';
import { SuppressionLedger } from '../../libs/ses-reputation/src/suppression/suppression-ledger.js';
import { SuppressedAddress } from '../../libs/ses-reputation/src/suppression/suppressed-address.entity.js';
import { SuppressionService } from '../../libs/ses-reputation/src/suppression/suppression.service.js';
import { SesSimulator, type SesSimulatorOptions } from '../../libs/ses-reputation/src/testing/index.js';
import { alwaysLeading } from './outbox.js';
import type { DatabaseKind, TestDatabase } from './databases.js';
import { emptyTables } from './open-data-source.js';
import { StoppedClock } from './suppression-harness.js';

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

/** Waits for nothing, and remembers for how long it would have. */
export class NoPace extends ApiPace {
  readonly pauses: number[] = [];

  override async pause(ms: number, signal?: AbortSignal): Promise<void> {
    this.pauses.push(ms);
    signal?.throwIfAborted();
  }
}

/** Collects what is said. */
export class Said implements LoggerService {
  readonly warnings: string[] = [];
  log(): void {}
  error(message: string): void {
    this.warnings.push(message);
  }
  warn(message: string): void {
    this.warnings.push(message);
  }
}

/** Amazon's side: a simulator with the clock of the tests, driven by an SDK client of its own. */
export class AmazonsList {
  private readonly client: SESv2Client;

  private constructor(
    readonly simulator: SesSimulator,
    readonly clock: StoppedClock,
  ) {
    this.client = new SESv2Client(simulator.clientConfig);
  }

  static async start(clock: StoppedClock, options: SesSimulatorOptions = {}): Promise<AmazonsList> {
    return new AmazonsList(await SesSimulator.start({ now: () => clock.now(), ...options }), clock);
  }

  put(reason: 'BOUNCE' | 'COMPLAINT', ...addresses: string[]): Promise<void> {
    return inParallel(addresses, (EmailAddress) =>
      this.client.send(new PutSuppressedDestinationCommand({ EmailAddress, Reason: reason })),
    );
  }

  delete(...addresses: string[]): Promise<void> {
    return inParallel(addresses, (EmailAddress) =>
      this.client.send(new DeleteSuppressedDestinationCommand({ EmailAddress })),
    );
  }

  clear(): Promise<void> {
    return this.become('BOUNCE', []);
  }

  /** Lists these, for whatever reason those are listed that are already, and nothing else. */
  async become(reason: 'BOUNCE' | 'COMPLAINT', addresses: readonly string[]): Promise<void> {
    const there = (await this.entries()).map((entry) => entry.slice(0, entry.lastIndexOf(' ')));
    const wanted = new Set(addresses);
    await this.delete(...there.filter((address) => !wanted.delete(address)));
    await this.put(reason, ...wanted);
  }

  /** `spelling REASON` of each entry. */
  async entries(): Promise<string[]> {
    const found: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.client.send(new ListSuppressedDestinationsCommand({ NextToken }));
      for (const { EmailAddress, Reason } of page.SuppressedDestinationSummaries ?? [])
        found.push(`${EmailAddress} ${Reason}`);
      NextToken = page.NextToken;
    } while (NextToken);
    return found.toSorted();
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.simulator.stop();
  }
}

async function inParallel<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < all.length; i += 50) await Promise.all(all.slice(i, i + 50).map(work));
}

/** One instance of an application with the module. */
export interface AccountListInstance {
  app: INestApplicationContext;
  sync: AccountSuppressionSync;
  suppression: SuppressionService;
  ledger: SuppressionLedger;
  dataSource: DataSource;
  scheduler: SchedulerRegistry;
  pace: ApiPace;
  said: Said;
  /** The SES calls of this instance, by name. */
  calls: string[];
  /** `name address` of the events raised, in order. */
  events: string[];
  /** `key scope reason` of each suppression. */
  suppressed(): Promise<string[]>;
  mirror(): Promise<AccountListEntry[]>;
  /** Every event that was stored is delivered. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

interface InstanceParts {
  options?: Partial<SesReputationOptions>;
  pace?: ApiPace;
  leadership?: Leadership;
  clock?: Clock;
}

/** Amazon's list, and instances of one application on one database, all with one clock. */
export class AccountListScene {
  private constructor(
    readonly clock: StoppedClock,
    readonly database: TestDatabase,
    readonly amazon: AmazonsList,
    readonly instances: readonly AccountListInstance[],
  ) {}

  static async open({ create }: DatabaseKind, ...parts: InstanceParts[]): Promise<AccountListScene> {
    const clock = new StoppedClock();
    const database = await create();
    const amazon = await AmazonsList.start(clock);
    const instances: AccountListInstance[] = [];
    for (const each of parts) instances.push(await startInstance(database, amazon, each));
    return new AccountListScene(clock, database, amazon, instances);
  }

  /** Of this side: tables, and what was called and raised. */
  async forget(): Promise<void> {
    const { dataSource } = this.instances[0]!;
    await emptyTables(dataSource);
    for (const { calls, events } of this.instances) {
      calls.length = 0;
      events.length = 0;
    }
  }

  /** What was raised, once all of it is delivered. */
  async raised(): Promise<string[]> {
    await this.instances[0]!.settled();
    return this.instances.flatMap(({ events }) => events);
  }

  async close(): Promise<void> {
    for (const instance of this.instances) await instance.close();
    await this.amazon.stop();
    await this.database.drop();
  }
}

export async function startInstance(
  database: TestDatabase,
  amazon: AmazonsList,
  given: InstanceParts = {},
): Promise<AccountListInstance> {
  const { simulator } = amazon;
  const client = new SESv2Client({ ...simulator.clientConfig, maxAttempts: 3 });
  const calls: string[] = [];
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        calls.push(String(commandName).replace('Command', ''));
        return next(args);
      },
    { step: 'deserialize' },
  );
  const pace = given.pace ?? new NoPace();
  const said = new Said();
  @Module({
    imports: [
      TypeOrmModule.forRoot({ ...database.options, entities: SES_REPUTATION_ENTITIES, synchronize: true }),
      EventEmitterModule.forRoot(),
      ScheduleModule.forRoot(),
      SesReputationModule.forRoot({
        client,
        feedback: { topicArns: [simulator.topicArn], fetch: simulator.fetch },
        reputation: { check: false },
        ...given.options,
      }),
    ],
  })
  class HostModule {}
  const module = await Test.createTestingModule({ imports: [HostModule] })
    .overrideProvider(Clock)
    .useValue(given.clock ?? amazon.clock)
    .overrideProvider(ApiPace)
    .useValue(pace)
    .overrideProvider(Leadership)
    .useValue(given.leadership ?? alwaysLeading)
    .setLogger(said)
    .compile();
  module.useLogger(said);
  const app = await module.init();
  const get = <T>(token: abstract new (...args: never[]) => T) => app.get<T>(token, { strict: false });
  const events: string[] = [];
  get(EventEmitter2).onAny((name, payload: { address?: string }) =>
    events.push(`${String(name)} ${payload.address}`),
  );
  const dataSource = get(DataSource);
  return {
    app,
    sync: get(AccountSuppressionSync),
    suppression: get(SuppressionService),
    ledger: get(SuppressionLedger),
    dataSource,
    scheduler: get(SchedulerRegistry),
    pace,
    said,
    calls,
    events,
    suppressed: async () => {
      const rows = await dataSource.manager.find(SuppressedAddress);
      return rows.map(({ key, scope, reason }) => `${key} ${scope} ${reason}`).toSorted();
    },
    mirror: () => dataSource.manager.find(AccountListEntry, { order: { address: 'ASC' } }),
    settled: async () => {
      while ((await dataSource.manager.count(OutboxEvent)) > 0) await get(EventDispatcher).drain();
    },
    close: async () => {
      // A stand-in for the leadership ends nobody's work.
      await get(EventDispatcher).close();
      await app.close();
      client.destroy();
    },
  };
}
