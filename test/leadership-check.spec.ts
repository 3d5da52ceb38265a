import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Lease } from '../libs/ses-reputation/src/leadership/lease.entity.js';
import { ReputationState } from '../libs/ses-reputation/src/reputation/reputation-state.entity.js';
import { ReputationService } from '../libs/ses-reputation/src/reputation/reputation.service.js';
import { SesReputationModule } from '../libs/ses-reputation/src/ses-reputation.module.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { AccountDesk } from './support/reputation.js';
import { until } from './support/sns-harness.js';

const said: string[] = [];
const keep = (message: unknown) => void said.push(String(message));

describe.each(databaseKinds())('the scheduled check of one who has lost the lease, on $name', (kind) => {
  let database: TestDatabase;
  let app: INestApplicationContext;
  const desk = new AccountDesk();

  beforeEach(async () => {
    database = await kind.create();
    Logger.overrideLogger({ log() {}, warn: keep, error: keep });
    const module = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ ...database.options, autoLoadEntities: true, synchronize: true }),
        EventEmitterModule.forRoot(),
        ScheduleModule.forRoot(),
        SesReputationModule.forRoot({
          client: desk.client,
          feedback: { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] },
          reputation: { check: { everyMs: 100 } },
          // It is long before it looks whether the lease is still its own.
          background: { leaseMs: 3_600_000 },
        }),
      ],
    }).compile();
    app = await module.init();
  });
  afterEach(async () => {
    await app.close();
    await database.drop();
  });

  it('changes nothing, quietly, while a check by hand still does', async () => {
    const { manager } = app.get(DataSource, { strict: false });
    const version = async () => (await manager.findOneBy(ReputationState, {}))?.version ?? 0;
    await until(async () => (await version()) >= 2);
    await manager.update(Lease, { name: 'default' }, { holder: 'another', token: 99 });
    // The check that was under way is through.
    const started = desk.asked;
    await until(() => desk.asked >= started + 2);
    const before = await version();
    const asked = desk.asked;
    await until(() => desk.asked >= asked + 5);
    expect(await version()).toBe(before);
    expect(said).toEqual([]);
    await app.get(ReputationService, { strict: false }).check();
    expect(await version()).toBe(before + 1);
  });
});
