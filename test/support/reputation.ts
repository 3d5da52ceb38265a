import { Readable } from 'node:stream';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import type { Clock } from '../../libs/ses-reputation/src/clock.js';
import { SES_REPUTATION_ENTITIES } from '../../libs/ses-reputation/src/entities.js';
import { resolveOptions } from '../../libs/ses-reputation/src/options/resolve-options.js';
import type {
  ReputationOptions,
  ResolvedOptions,
} from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import type { Booking } from '../../libs/ses-reputation/src/reputation/counts.js';
import { AmazonWord } from '../../libs/ses-reputation/src/reputation/amazon/amazon-word.js';
import { ReputationCheck } from '../../libs/ses-reputation/src/reputation/reputation-check.js';
import { DimensionPlaces } from '../../libs/ses-reputation/src/reputation/dimension-places.js';
import { ReputationLedger } from '../../libs/ses-reputation/src/reputation/reputation-ledger.js';
import { ReputationService } from '../../libs/ses-reputation/src/reputation/reputation.service.js';
import { Store } from '../../libs/ses-reputation/src/store/store.js';
import type { TestDatabase } from './databases.js';
import { alwaysLeading, neverLeading, outboxParts } from './outbox.js';

/** Amazon's side of `GetAccount`, behind a real client. Of other requests it knows nothing to say. */
export class AccountDesk {
  /** How often for the account. */
  asked = 0;
  enforcement = 'HEALTHY';
  /** Answers with this error instead. */
  error: { name: string; status: number } | null = null;
  /** Never answers. */
  silent = false;

  readonly client = new SESv2Client({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
    maxAttempts: 1,
    requestHandler: {
      handle: async ({ path }: { path: string }, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
        if (path.endsWith('/account')) this.asked++;
        if (this.silent) await aborted(abortSignal!);
        return { response: this.answer() };
      },
    } as never,
  });

  private answer(): object {
    const account = {
      EnforcementStatus: this.enforcement,
      SendingEnabled: true,
      SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 7 },
    };
    const body = this.error ? { message: 'no' } : account;
    return {
      statusCode: this.error?.status ?? 200,
      headers: this.error ? { 'x-amzn-errortype': this.error.name } : {},
      body: Readable.from([Buffer.from(JSON.stringify(body))]),
    };
  }
}

/** Does not wait between two requests: nobody here counts them by the second. */
export class HastyAmazonWord extends AmazonWord {
  protected override readonly pauseMs = 0;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')));
  });
}

export function reputationOptions(reputation: ReputationOptions = {}): ResolvedOptions {
  const topicArns = ['arn:aws:sns:eu-west-1:123456789012:ses-feedback'];
  return resolveOptions({ feedback: { topicArns }, reputation });
}

export async function connect(database: TestDatabase): Promise<DataSource> {
  const dataSource = new DataSource({
    ...database.options,
    entities: SES_REPUTATION_ENTITIES,
    synchronize: true,
  });
  return dataSource.initialize();
}

/** The reputation's parts of one instance of an app, wired as the module wires them. */
export class Instance {
  readonly desk = new AccountDesk();
  readonly registry = new SchedulerRegistry();
  /** Names of the events that this instance delivered. */
  readonly raised: string[] = [];
  /** Delivers what is stored, as the instance that leads does. */
  readonly deliver: () => Promise<void>;
  readonly store: Store;
  readonly places: DimensionPlaces;
  readonly ledger: ReputationLedger;
  readonly check: ReputationCheck;
  readonly service: ReputationService;
  now: number;

  constructor(
    dataSource: DataSource,
    now: number,
    reputation: ReputationOptions = { minimumVolume: 10, minimumCount: 1 },
  ) {
    this.now = now;
    const clock: Clock = { now: () => this.now };
    const options = reputationOptions(reputation);
    const emitter = new EventEmitter2();
    emitter.onAny((name) => this.raised.push(String(name)));
    this.store = new Store(dataSource);
    this.places = new DimensionPlaces(this.store, clock, options);
    this.ledger = new ReputationLedger(this.store, clock, this.places);
    this.check = new ReputationCheck(
      this.registry,
      options,
      new HastyAmazonWord(options, this.desk.client, clock),
      this.store,
      this.ledger,
      outboxParts(emitter, this.store, clock, options, { leadership: neverLeading }).outbox,
      clock,
      [],
      neverLeading,
    );
    this.deliver = async () => {
      const parts = outboxParts(emitter, this.store, clock, options, { leadership: alwaysLeading });
      await parts.dispatcher.drain();
    };
    this.service = new ReputationService(options, this.store, this.ledger, this.check, clock, this.places);
  }

  book(...bookings: Booking[]): Promise<void> {
    return this.store.transaction((tx) => this.ledger.book(tx, bookings));
  }
}
