import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Module, type INestApplicationContext, type LoggerService } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Clock } from '../libs/ses-reputation/src/clock.js';
import { SES_REPUTATION_ENTITIES } from '../libs/ses-reputation/src/entities.js';
import { EventDispatcher } from '../libs/ses-reputation/src/events/event-dispatcher.js';
import { BackgroundOutbox, BoundedOutbox } from '../libs/ses-reputation/src/events/bounded-outbox.js';
import { EventOutbox } from '../libs/ses-reputation/src/events/event-outbox.js';
import { DEFAULT_OUTBOX_LIMITS, OUTBOX_LIMITS } from '../libs/ses-reputation/src/events/outbox-limits.js';
import { OutboxTable } from '../libs/ses-reputation/src/events/outbox-table.js';
import { SesEventBus } from '../libs/ses-reputation/src/events/ses-event-bus.js';
import { SES_EVENT_EMITTER } from '../libs/ses-reputation/src/events/tokens.js';
import { LeaseStore } from '../libs/ses-reputation/src/leadership/lease-store.js';
import { Leadership } from '../libs/ses-reputation/src/leadership/leadership.js';
import {
  SES_OPTIONS,
  type ReputationOptions,
} from '../libs/ses-reputation/src/options/ses-reputation-options.js';
import { ReputationBucket } from '../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { AmazonWord } from '../libs/ses-reputation/src/reputation/amazon/amazon-word.js';
import { CHECK_STEPS } from '../libs/ses-reputation/src/reputation/check-step.js';
import { DimensionPlaces } from '../libs/ses-reputation/src/reputation/dimension-places.js';
import { REPUTATION_CHECK, ReputationCheck } from '../libs/ses-reputation/src/reputation/reputation-check.js';
import { ReputationLedger } from '../libs/ses-reputation/src/reputation/reputation-ledger.js';
import { ReputationService } from '../libs/ses-reputation/src/reputation/reputation.service.js';
import { SES_SCHEDULER_REGISTRY } from '../libs/ses-reputation/src/scheduler.js';
import { SES_CLIENT } from '../libs/ses-reputation/src/ses/tokens.js';
import { BackgroundStore } from '../libs/ses-reputation/src/store/background-store.js';
import { BoundedStore } from '../libs/ses-reputation/src/store/bounded-store.js';
import { Store } from '../libs/ses-reputation/src/store/store.js';
import { SES_DATA_SOURCE } from '../libs/ses-reputation/src/store/tokens.js';
import { sqlite, type TestDatabase } from './support/databases.js';
import { AccountDesk, connect, HastyAmazonWord, reputationOptions } from './support/reputation.js';

/** Collects what is said at each level. */
class Said implements LoggerService {
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  log(): void {}
  warn(message: string): void {
    this.warnings.push(message);
  }
  error(message: string): void {
    this.errors.push(message);
  }
}

describe('the scheduled check', () => {
  let database: TestDatabase;
  let desk: AccountDesk;
  let said: Said;
  let app: INestApplicationContext | undefined;

  beforeEach(async () => {
    database = await sqlite();
    desk = new AccountDesk();
    said = new Said();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await database.drop();
  });

  async function start(reputation: ReputationOptions): Promise<INestApplicationContext> {
    @Module({
      providers: [
        { provide: SES_OPTIONS, useValue: reputationOptions(reputation) },
        { provide: SES_CLIENT, useValue: desk.client },
        { provide: SES_DATA_SOURCE, useExisting: getDataSourceToken() },
        { provide: SES_EVENT_EMITTER, useExisting: EventEmitter2 },
        { provide: SES_SCHEDULER_REGISTRY, useExisting: SchedulerRegistry },
        Clock,
        Store,
        BoundedStore,
        BackgroundStore,
        LeaseStore,
        SesEventBus,
        Leadership,
        { provide: OUTBOX_LIMITS, useValue: DEFAULT_OUTBOX_LIMITS },
        OutboxTable,
        EventDispatcher,
        EventOutbox,
        BoundedOutbox,
        BackgroundOutbox,
        { provide: CHECK_STEPS, useValue: [] },
        DimensionPlaces,
        ReputationLedger,
        { provide: AmazonWord, useClass: HastyAmazonWord },
        ReputationCheck,
        ReputationService,
      ],
    })
    class ReputationModule {}
    const typeOrm = { ...database.options, entities: SES_REPUTATION_ENTITIES, synchronize: true };
    const module = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot(typeOrm),
        EventEmitterModule.forRoot(),
        ScheduleModule.forRoot(),
        ReputationModule,
      ],
    }).compile();
    module.useLogger(said);
    app = await module.init();
    return app;
  }

  const intervals = () => app!.get(SchedulerRegistry, { strict: false }).getIntervals();
  const service = () => app!.get(ReputationService, { strict: false });

  it('runs as an interval of the SchedulerRegistry until the app closes, and survives any error', async () => {
    await start({ check: { everyMs: 100 } });
    expect(intervals()).toEqual([REPUTATION_CHECK]);
    while (desk.asked < 2) await sleep(10);
    const dataSource = app!.get<DataSource>(getDataSourceToken(), { strict: false });
    await dataSource.query('ALTER TABLE ses_reputation_state RENAME TO away');
    const begun = jest.spyOn(app!.get(ReputationLedger, { strict: false }), 'flush');
    while (begun.mock.calls.length < 3) await sleep(10);
    await dataSource.query('ALTER TABLE away RENAME TO ses_reputation_state');
    const failed = desk.asked;
    while (desk.asked < failed + 2) await sleep(10);
    expect((await service().report()).account).toMatchObject({
      enforcement: 'HEALTHY',
      sendingEnabled: true,
    });
    await app!.close();
    expect(intervals()).toEqual([]);
    expect(said.errors).toEqual([expect.stringContaining('ses_reputation_state')]);
  });

  it('is not there where the options say so', async () => {
    await start({ check: false });
    expect(intervals()).toEqual([]);
  });

  it('may be taken out of the registry by the host', async () => {
    await start({});
    app!.get(SchedulerRegistry, { strict: false }).deleteInterval(REPUTATION_CHECK);
    await app!.close();
    expect(said.errors).toEqual([]);
  });

  it('never runs twice at a time, and a closing app does not wait for Amazon', async () => {
    desk.silent = true;
    await start({ check: { everyMs: 100 } });
    while (desk.asked < 1) await sleep(10);
    await sleep(350);
    expect(desk.asked).toBe(1);
    await app!.close();
    expect(said.warnings).toEqual([]);
  });

  it('reads the account from Amazon, and keeps what it said when it does not answer', async () => {
    await start({ check: false });
    const quota = { max24HourSend: 50_000, maxSendRate: 14, sentLast24Hours: 7 };
    const { account } = await service().check();
    expect(account).toEqual({
      enforcement: 'HEALTHY',
      sendingEnabled: true,
      productionAccess: null,
      review: null,
      quota,
      checkedAt: expect.any(Date),
      entities: [],
      entitiesCheckedAt: expect.any(Date),
    });
    desk.error = { name: 'InternalServiceErrorException', status: 500 };
    expect((await service().check()).account).toEqual(account);
    expect((await service().report()).account).toEqual(account);
    expect(said.warnings).toHaveLength(1);
    expect(said.warnings[0]).toMatch(/SES did not say how the account stands: InternalService/);
  });

  it('says once that IAM forbids to ask', async () => {
    await start({ check: false });
    desk.error = { name: 'AccessDeniedException', status: 403 };
    for (let n = 0; n < 3; n++) expect((await service().check()).account).toBeNull();
    expect(said.warnings).toEqual([expect.stringContaining('ses:GetAccount')]);
  });

  it('raises what changed to listeners of the host', async () => {
    await start({ check: false });
    const raised: unknown[] = [];
    app!.get(EventEmitter2, { strict: false }).on('ses.account.changed', (event) => raised.push(event));
    await service().check();
    desk.enforcement = 'PROBATION';
    await service().check();
    await service().check();
    while (raised.length === 0) await sleep(10);
    await app!.get(EventDispatcher, { strict: false }).drain();
    expect(raised).toEqual([
      {
        id: 'reputation:default:2:account:changed',
        at: expect.any(Date),
        from: { enforcement: 'HEALTHY', sendingEnabled: true, productionAccess: null, review: null },
        to: { enforcement: 'PROBATION', sendingEnabled: true, productionAccess: null, review: null },
        entities: [],
      },
    ]);
  });

  it('loses no sent mail when the app closes', async () => {
    await start({});
    const ledger = app!.get(ReputationLedger, { strict: false });
    for (let n = 0; n < 50; n++) {
      ledger.bookSent([{ sentAt: new Date(), stream: null, domain: null, counts: { sent: 1 } }]);
    }
    await app!.close();
    expect(said.errors).toEqual([]);
    const dataSource = await connect(database);
    expect(await dataSource.manager.sum(ReputationBucket, 'sent', { dimension: 'account' })).toBe(50);
    await dataSource.destroy();
  });
});
