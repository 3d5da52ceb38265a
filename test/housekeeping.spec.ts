import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { SeenFeedback } from '../libs/ses-reputation/src/feedback/seen-feedback.entity.js';
import { Housekeeping } from '../libs/ses-reputation/src/housekeeping.js';
import { Leadership } from '../libs/ses-reputation/src/leadership/leadership.js';
import { SesReputationModule } from '../libs/ses-reputation/src/ses-reputation.module.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { AccountDesk } from './support/reputation.js';
import { until } from './support/sns-harness.js';

const DAY_MS = 86_400_000;
const ROWS = 5_000;

describe.each(databaseKinds())('housekeeping on $name', (kind) => {
  let database: TestDatabase;
  const running: INestApplicationContext[] = [];

  beforeEach(async () => {
    Logger.overrideLogger(['error']);
    database = await kind.create();
  });
  afterEach(async () => {
    for (const app of running.splice(0)) await app.close();
    await database.drop();
  });

  const start = async () => {
    const module = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ ...database.options, autoLoadEntities: true, synchronize: true }),
        EventEmitterModule.forRoot(),
        ScheduleModule.forRoot(),
        SesReputationModule.forRoot({
          client: new AccountDesk().client,
          feedback: { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] },
          reputation: { check: false },
          background: { leaseMs: 5_000 },
        }),
      ],
    }).compile();
    const app = await module.init();
    running.push(app);
    return {
      leads: () => app.get(Leadership, { strict: false }).token !== null,
      keep: () => app.get(Housekeeping, { strict: false }).start(),
      manager: app.get(DataSource, { strict: false }).manager,
      close: () => {
        running.splice(running.indexOf(app), 1);
        return app.close();
      },
    };
  };

  it('is done by the one that leads, stops when that one closes, and goes on in the next', async () => {
    const first = await start();
    await until(() => first.leads());
    const second = await start();
    const seenAt = new Date(Date.now() - 20 * DAY_MS);
    for (let n = 0; n < ROWS; n += 500) {
      const rows = Array.from({ length: 500 }, (_, i) => ({
        id: `old-${n + i}`,
        key: null,
        sentAt: null,
        seenAt,
      }));
      await first.manager.insert(SeenFeedback, rows);
    }
    const left = () => second.manager.count(SeenFeedback);

    await second.keep();
    void first.keep();
    await until(async () => (await left()) < ROWS);
    await first.close();
    const atClose = await left();
    expect(atClose).toBeGreaterThan(0);
    await until(() => second.leads());
    expect(await left()).toBe(atClose);
    await second.keep();
    expect(await left()).toBe(0);
  });

  it('is not done by one that does not lead', async () => {
    const first = await start();
    await until(() => first.leads());
    const second = await start();
    const seenAt = new Date(Date.now() - 20 * DAY_MS);
    await first.manager.insert(SeenFeedback, { id: 'old', key: null, sentAt: null, seenAt });
    await second.keep();
    expect(await first.manager.count(SeenFeedback)).toBe(1);
  });
});
