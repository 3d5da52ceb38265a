import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Booking } from '../libs/ses-reputation/src/reputation/counts.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { connect, Instance } from './support/reputation.js';

const NOW = Date.UTC(2026, 4, 1, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function mail(ageMs: number, counts: Booking['counts'], stream: string): Booking {
  return { sentAt: new Date(NOW - ageMs), stream, domain: 'example.com', counts };
}

describe.each(databaseKinds())('the forecast of a report on $name', ({ create }) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let instance: Instance;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await create();
    dataSource = await connect(database);
    instance = new Instance(dataSource, NOW, { window: { volume: 10_000 } });
    await instance.book(
      mail(3 * DAY, { sent: 9_000, hardBounces: 60 }, 'receipts'),
      mail(5 * HOUR, { sent: 1_000, hardBounces: 40, complaints: 1 }, 'news'),
    );
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const expected = {
    level: 'warning',
    metric: 'bounce',
    at: new Date(NOW + 3 * DAY),
    evidence: { window: '24h', rate: 0.04, volumePerDay: 1_000, emails: 3_000 },
  };

  it('goes by the windows that were counted, and so does the check', async () => {
    const { bounce, forecast } = await instance.service.report();
    expect(bounce.interval.low).toBeLessThan(bounce.rate);
    expect(bounce.interval.high).toBeGreaterThan(bounce.rate);
    expect(forecast).toMatchObject(expected);
    expect((await instance.service.check()).forecast).toMatchObject(expected);
  });

  it('of a stream goes by its own mail and level', async () => {
    // All of it is as it is of late: at the warning limit, and it stays there.
    expect(await instance.service.report({ stream: 'news' })).toMatchObject({
      bounce: { level: 'warning' },
      forecast: null,
    });
    expect(await instance.service.report({ stream: 'receipts' })).toMatchObject({ forecast: null });
  });

  it('is of now alone', async () => {
    for (const at of [NOW - HOUR, NOW, NOW + DAY]) {
      const report = await instance.service.report({ at: new Date(at) });
      expect(report).toMatchObject({ bounce: { count: 100 }, forecast: null });
    }
  });
});
