import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { FeedbackPulse } from '../libs/ses-reputation/src/feedback/feedback-pulse.js';
import {
  FEEDBACK_HEARD,
  type FeedbackHeard,
} from '../libs/ses-reputation/src/reputation/watch/feedback-heard.js';
import { Memory } from '../libs/ses-reputation/src/store/memory.entity.js';
import { readMemory } from '../libs/ses-reputation/src/store/memory.js';
import { Store } from '../libs/ses-reputation/src/store/store.js';
import { databaseKinds } from './support/databases.js';
import { startIngest, type IngestHarness } from './support/ingest-harness.js';
import { bounce, delivery, minute, send } from './support/ses-event-bodies.js';
import { StoppedClock } from './support/suppression-harness.js';
import { Watch } from './support/watch.js';

function stored(manager: EntityManager): Promise<FeedbackHeard | null> {
  return readMemory<FeedbackHeard>(manager, FEEDBACK_HEARD);
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await sleep(5);
}

describe.each(databaseKinds())('the ingest on $name notes when SES was heard', (kind) => {
  let harness: IngestHarness;
  beforeAll(async () => {
    harness = await startIngest(kind);
  });
  afterAll(() => harness.stop());

  const heardAt = async (at: Date) =>
    until(async () => (await stored(harness.dataSource.manager))?.at === at.getTime());

  it.each([
    ['a bounce', 0, bounce({ messageId: 'first' }), 'stored'],
    ['the same again', 10, bounce({ messageId: 'first' }), 'repeated'],
    ['a Send of its own mail', 20, send({ messageId: 'own' }), 'repeated'],
    ['an event of unknown type', 30, { ...delivery(), eventType: 'Teleport' }, 'stored'],
    ['an event by a queue', 40, delivery({ messageId: 'second' }), 'stored'],
  ])('by %s', async (_, at, event, outcome) => {
    harness.clock.nowMs = minute(at).getTime();
    expect(await harness.take(event, at === 40 ? 'sqs' : 'http')).toBe(outcome);
    await heardAt(minute(at));
  });

  it('by no message that is not an event of SES’s', async () => {
    const before = await stored(harness.dataSource.manager);
    harness.clock.nowMs = minute(60).getTime();
    expect(await harness.take('Successfully validated SNS topic')).toBe('ignored');
    harness.clock.nowMs = minute(70).getTime();
    await harness.take(bounce({ messageId: 'third' }));
    await heardAt(minute(70));
    expect(before).toEqual({ at: minute(40).getTime(), deliveryAt: minute(40).getTime() });
    expect(await stored(harness.dataSource.manager)).toMatchObject({ deliveryAt: minute(40).getTime() });
  });

  it('and takes feedback in though that can’t be stored', async () => {
    Logger.overrideLogger(false);
    const { dataSource, clock } = harness;
    const { tableName } = dataSource.getMetadata(Memory);
    await dataSource.query(`ALTER TABLE ${tableName} RENAME TO away`);
    clock.nowMs = minute(80).getTime();
    expect(await harness.take(bounce({ messageId: 'fourth' }))).toBe('stored');
    await dataSource.query(`ALTER TABLE away RENAME TO ${tableName}`);
    clock.nowMs = minute(82).getTime();
    expect(await harness.take(bounce({ messageId: 'fifth' }))).toBe('stored');
    await heardAt(minute(82));
  });
});

describe.each(databaseKinds())('when SES was heard, on $name', (kind) => {
  let watch: Watch;
  let clock: StoppedClock;
  beforeAll(async () => {
    watch = await Watch.on(kind);
  });
  beforeEach(() => {
    clock = new StoppedClock(minute(0).getTime());
  });
  afterEach(() => watch.clear());
  afterAll(() => watch.stop());

  it('is stored by several instances at once, the latest of all', async () => {
    const pulses = Array.from({ length: 4 }, (_, i) => {
      const ahead = new StoppedClock(minute(i).getTime());
      return new FeedbackPulse(new Store(watch.dataSource), ahead);
    });
    pulses.forEach((pulse, i) => pulse.heard(i === 0 ? 'delivery' : 'bounce'));
    await Promise.all(pulses.map((pulse) => pulse.beforeApplicationShutdown()));
    const { at, deliveryAt } = (await stored(watch.dataSource.manager))!;
    expect(await watch.dataSource.manager.count(Memory)).toBe(1);
    expect(minute(0).getTime()).toBe(deliveryAt);
    expect(at).toBe(minute(3).getTime());
  });

  it('is stored once a minute at most, and when the application ends', async () => {
    const store = new Store(watch.dataSource);
    const transactions = jest.spyOn(store, 'transaction');
    const pulse = new FeedbackPulse(store, clock);
    for (let i = 0; i < 50; i++) pulse.heard('delivery');
    await until(async () => (await stored(watch.dataSource.manager)) !== null);
    for (let second = 1; second < 60; second += 7) {
      clock.nowMs = minute(0).getTime() + second * 1_000;
      pulse.heard('bounce');
      await sleep(2);
    }
    expect(transactions).toHaveBeenCalledTimes(1);
    clock.nowMs = minute(1).getTime();
    pulse.heard('bounce');
    await until(async () => (await stored(watch.dataSource.manager))!.at === minute(1).getTime());
    expect(transactions).toHaveBeenCalledTimes(2);
    clock.nowMs = minute(1).getTime() + 9_000;
    pulse.heard('bounce');
    await pulse.beforeApplicationShutdown();
    expect(await stored(watch.dataSource.manager)).toEqual({
      at: minute(1).getTime() + 9_000,
      deliveryAt: minute(0).getTime(),
    });
    expect(transactions).toHaveBeenCalledTimes(3);
  });
});

/** A store that does what the test says. */
function storeThat(transaction: () => Promise<unknown>): Store {
  return { transaction } as unknown as Store;
}

describe('a pulse', () => {
  const warnings: string[] = [];
  beforeEach(() => {
    warnings.length = 0;
    Logger.overrideLogger({ log() {}, error() {}, warn: (message) => void warnings.push(String(message)) });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is stored by itself at the end of the minute, though nothing more is heard', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    const writes: number[] = [];
    const clock = { now: () => Date.now() };
    const pulse = new FeedbackPulse(
      storeThat(async () => void writes.push(Date.now())),
      clock,
    );
    const start = Date.now();
    pulse.heard('send');
    await settle();
    await jest.advanceTimersByTimeAsync(10_000);
    pulse.heard('send');
    await jest.advanceTimersByTimeAsync(49_000);
    await settle();
    expect(writes).toEqual([start]);
    await jest.advanceTimersByTimeAsync(1_000);
    await settle();
    expect(writes).toEqual([start, start + 60_000]);
    await jest.advanceTimersByTimeAsync(600_000);
    await settle();
    expect(writes).toHaveLength(2);
    await pulse.beforeApplicationShutdown();
  });

  it('fails in silence but for one line, and is tried again in a minute', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    let isDown = true;
    let attempts = 0;
    const store = storeThat(async () => {
      attempts++;
      if (isDown) throw new Error('the database is away');
    });
    const pulse = new FeedbackPulse(store, { now: () => Date.now() });
    pulse.heard('send');
    await settle();
    for (let i = 0; i < 3; i++) {
      await jest.advanceTimersByTimeAsync(60_000);
      await settle();
    }
    expect(attempts).toBe(4);
    expect(warnings).toEqual([expect.stringContaining('the database is away')]);
    isDown = false;
    await jest.advanceTimersByTimeAsync(60_000);
    await settle();
    await jest.advanceTimersByTimeAsync(600_000);
    await settle();
    expect(attempts).toBe(5);
  });

  it('keeps nobody waiting, whatever the database does', () => {
    const pulse = new FeedbackPulse(
      storeThat(() => new Promise(() => undefined)),
      { now: () => 0 },
    );
    expect(pulse.heard('send')).toBeUndefined();
    expect(pulse.heard('bounce')).toBeUndefined();
  });
});

/** Lets what was begun come to its end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
