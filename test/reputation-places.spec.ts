import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { rollUp } from '../libs/ses-reputation/src/reputation/bucket-rollup.js';
import type { Booking } from '../libs/ses-reputation/src/reputation/counts.js';
import { keepPlaces } from '../libs/ses-reputation/src/reputation/dimension-upkeep.js';
import { InvalidReportQueryError } from '../libs/ses-reputation/src/reputation/invalid-report-query.error.js';
import { ReputationBucket } from '../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { ReputationDimension } from '../libs/ses-reputation/src/reputation/reputation-dimension.entity.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { connect, Instance } from './support/reputation.js';

const NOW = Date.UTC(2026, 4, 1, 12, 34, 56);
const MINUTE = 60_000;
const DAY = 86_400_000;
const DIMENSIONS = { domains: 3, configurationSets: 1, streams: 1 };

function sent(domain: string, sentAt = NOW, more: Partial<Booking> = {}): Booking {
  return { sentAt: new Date(sentAt), stream: 'transactional', domain, counts: { sent: 1 }, ...more };
}

describe.each(databaseKinds())('places of dimensions on $name', ({ create }) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await create();
    dataSource = await connect(database);
  });
  afterEach(async () => {
    await dataSource.manager.clear(ReputationBucket);
    await dataSource.manager.clear(ReputationDimension);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const instance = (now = NOW) => new Instance(dataSource, now, { dimensions: DIMENSIONS });

  /** The volume of each dimension of a kind, over all time. */
  async function volumes(kind: string): Promise<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const { dimension, sent } of await dataSource.manager.find(ReputationBucket)) {
      if (dimension.startsWith(`${kind}:`)) sums[dimension] = (sums[dimension] ?? 0) + sent;
    }
    return sums;
  }

  async function places(kind: string): Promise<{ counted: number; kept: number }> {
    const rows = await dataSource.manager.findBy(ReputationDimension, { kind });
    const other = rows.find(({ dimension }) => dimension === `${kind}:(other)`);
    return { counted: rows.length - (other ? 1 : 0), kept: other?.places ?? 0 };
  }

  async function queriesOf(work: () => Promise<unknown>): Promise<string[]> {
    const asked: string[] = [];
    const { logger } = dataSource;
    dataSource.setOptions({ logging: ['query'] });
    dataSource.logger = Object.assign(Object.create(logger), {
      logQuery: (query: string) => asked.push(query),
    });
    try {
      await work();
    } finally {
      dataSource.logger = logger;
    }
    return asked.filter((query) => query.includes('ses_reputation_dimension'));
  }

  it('are given in order until they are gone; the rest is counted as (other)', async () => {
    const one = instance();
    await one.book(...['a', 'b', 'c', 'd', 'e', 'a'].map((name) => sent(`${name}.example`)));
    expect(await volumes('domain')).toEqual({
      'domain:a.example': 2,
      'domain:b.example': 1,
      'domain:c.example': 1,
      'domain:(other)': 2,
    });
    expect(await one.service.report({ domain: 'a.example' })).toMatchObject({
      countedAs: 'own',
      window: { volume: 2 },
    });
    for (const domain of ['d.example', 'never.example', '(other)']) {
      expect(await one.service.report({ domain })).toMatchObject({
        countedAs: 'other',
        window: { volume: 2 },
      });
    }
  });

  it('are not needed by the streams of an application, nor by mailbox providers', async () => {
    const one = instance();
    await one.book(
      sent('a.example', NOW, { stream: 'alerts' }),
      sent('gmail.com', NOW, { stream: 'digest' }),
      sent('aol.com', NOW),
      sent('ymail.com', NOW, { configurationSet: 'main' }),
      sent('ymail.com', NOW, { configurationSet: 'bulk' }),
    );
    expect(await volumes('stream')).toEqual({
      'stream:alerts': 1,
      'stream:(other)': 1,
      'stream:transactional': 3,
    });
    expect(await volumes('provider')).toEqual({
      'provider:(other)': 1,
      'provider:gmail': 1,
      'provider:yahoo': 3,
    });
    expect(await volumes('configuration-set')).toEqual({
      'configuration-set:main': 1,
      'configuration-set:(other)': 1,
    });
    expect(await one.service.report({ provider: 'Yahoo' })).toMatchObject({
      countedAs: 'own',
      window: { volume: 3 },
    });
    expect(await one.service.report({ configurationSet: 'main' })).toMatchObject({ window: { volume: 1 } });
  });

  it('cost no query of their own once they are known, or all taken', async () => {
    const one = instance();
    const all = ['a', 'b', 'c', 'd'].map((name) => sent(`${name}.example`));
    for (let n = 0; n < 3; n++) await one.book(...all);
    expect(await queriesOf(() => one.book(...all, sent('e.example')))).toEqual([]);
    one.now += MINUTE;
    expect((await queriesOf(() => one.book(...all))).length).toBeGreaterThan(0);
    expect(await queriesOf(() => one.book(...all, sent('f.example')))).toEqual([]);
  });

  it('are never more than the limit, however many instances ask at once', async () => {
    const instances = Array.from({ length: 6 }, () => instance());
    await Promise.all(
      instances.flatMap((one, n) => [
        one.book(sent('a.example'), sent(`i${n}.example`)),
        one.book(sent(`j${n}.example`), sent('b.example')),
        one.book(sent('b.example'), sent('a.example'), sent(`k${n}.example`)),
      ]),
    );
    expect(await places('domain')).toEqual({ counted: 3, kept: 3 });
    const counted = await volumes('domain');
    expect(Object.values(counted).reduce((sum, each) => sum + each, 0)).toBe(42);
    expect(Object.keys(counted)).toHaveLength(4);
  });

  it('of a transaction that is taken back are free again', async () => {
    const one = instance();
    const failing = one.store.transaction(async (tx) => {
      await one.ledger.book(
        tx,
        ['a', 'b', 'c'].map((name) => sent(`${name}.example`)),
      );
      throw new Error('the rest failed');
    });
    await expect(failing).rejects.toThrow('the rest failed');
    await one.book(...['d', 'e', 'f'].map((name) => sent(`${name}.example`)));
    expect(Object.keys(await volumes('domain')).toSorted()).toEqual([
      'domain:d.example',
      'domain:e.example',
      'domain:f.example',
    ]);
  });

  it('are lost after 32 days without mail, and what was counted moves to (other), whoever keeps house', async () => {
    const one = instance();
    await one.book(...['a', 'b', 'c', 'd'].map((name) => sent(`${name}.example`)));
    await one.book(...Array.from({ length: 2_500 }, (_, n) => sent('a.example', NOW - (n * DAY) / 100)));
    const later = NOW + 20 * DAY;
    one.now = later;
    await one.book(sent('b.example', later));
    const end = NOW + 40 * DAY;
    const keep = (each: Instance) => keepPlaces(each.store, each.places, end);
    // One still knows the old places, and books to them while they are freed.
    await Promise.all([
      keep(instance(end)),
      keep(instance(end)),
      keep(one),
      one.book(sent('c.example', end)),
    ]);
    await rollUp(one.store, end);
    await keep(instance(end));
    const { 'domain:(other)': other, 'domain:b.example': kept, ...rest } = await volumes('domain');
    expect(kept).toBe(2);
    const of = (name: string) => rest[`domain:${name}.example`] ?? 0;
    // c.example came back at the end: by itself from then on.
    expect(of('c')).toBeGreaterThan(0);
    expect(other! + of('c')).toBe(2_500 + 4);
    expect(of('a')).toBe(0);
    const { counted, kept: number } = await places('domain');
    expect(number).toBe(counted);
    const back = instance(end);
    await back.book(sent('z.example', end));
    expect((await volumes('domain'))['domain:z.example']).toBe(1);
  });

  it('are given to what was counted before there were any, the most mailed first', async () => {
    const start = new Date(Math.floor(NOW / MINUTE) * MINUTE);
    const before = ['a', 'b', 'c', 'd', 'e'].map((name, n) => ({
      dimension: `domain:${name}.example`,
      start,
      minutes: 1,
      sent: n + 1,
    }));
    await dataSource.manager.insert(ReputationBucket, before);
    const one = instance();
    await keepPlaces(one.store, one.places, NOW);
    expect(await volumes('domain')).toEqual({
      'domain:c.example': 3,
      'domain:d.example': 4,
      'domain:e.example': 5,
      'domain:(other)': 3,
    });
    expect(await places('domain')).toEqual({ counted: 3, kept: 3 });
  });

  it('of a stream that gets configured are given back', async () => {
    const other = new Instance(dataSource, NOW, { dimensions: DIMENSIONS });
    await other.book(sent('a.example', NOW, { stream: 'transactional' }));
    await dataSource.manager.update(
      ReputationDimension,
      { dimension: 'stream:transactional' },
      { kind: 'stream' },
    );
    await dataSource.manager.save(ReputationDimension, {
      dimension: 'stream:(other)',
      kind: 'stream',
      places: 1,
      firstSeenAt: new Date(NOW),
    });
    await instance().book(sent('a.example'));
    expect(await places('own-stream')).toMatchObject({ counted: 1 });
    expect(await places('stream')).toEqual({ counted: 0, kept: 0 });
  });

  it('are listed by a breakdown in one query, most mail first', async () => {
    const one = instance();
    await one.book(
      sent('a.example', NOW, { counts: { sent: 10, hardBounces: 1 } }),
      sent('b.example', NOW - 3 * DAY, { counts: { sent: 20, complaints: 1 } }),
      sent('c.example'),
      sent('d.example', NOW, { counts: { sent: 5, excluded: 1 } }),
    );
    const rows = await one.service.breakdown({ by: 'domain' });
    expect(rows).toEqual([
      row('b.example', 20, 0, 1),
      row('a.example', 10, 1, 0),
      { ...row('(other)', 4, 0, 0), other: true },
      row('c.example', 1, 0, 0),
    ]);
    expect(await one.service.breakdown({ by: 'domain', window: '24h', limit: 1 })).toEqual([rows[1]]);
    expect(await one.service.breakdown({ by: 'provider' })).toHaveLength(1);
    expect(await one.service.breakdown({ by: 'configuration-set' })).toEqual([]);
  });

  it.each([
    {},
    { by: 'country' },
    { by: 'domain', window: '1h' },
    { by: 'domain', limit: 0 },
    { by: 'domain', limit: 1.5 },
    { by: 'domain', order: 'name' },
  ])('are not listed by %j', async (query) => {
    await expect(instance().service.breakdown(query as never)).rejects.toThrow(InvalidReportQueryError);
  });

  it('count a minute no more that ends where a window begins', async () => {
    const one = instance();
    const at = new Date(Date.UTC(2026, 4, 1, 12));
    await one.book(
      sent('a.example', at.getTime() - 61 * MINUTE),
      sent('a.example', at.getTime() - 60 * MINUTE),
    );
    expect(await one.service.report({ at })).toMatchObject({
      windows: { '1h': { volume: 1 }, '24h': { volume: 2 } },
    });
  });
});

function row(name: string, volume: number, bounces: number, complaints: number) {
  return {
    name,
    other: false,
    volume,
    bounce: { rate: bounces / volume, count: bounces },
    complaint: { rate: complaints / volume, count: complaints },
  };
}
