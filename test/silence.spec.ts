import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { resolveOptions } from '../libs/ses-reputation/src/options/resolve-options.js';
import type { SesReputationOptions } from '../libs/ses-reputation/src/options/ses-reputation-options.js';
import {
  FEEDBACK_HEARD,
  type FeedbackHeard,
} from '../libs/ses-reputation/src/reputation/watch/feedback-heard.js';
import { SilenceStep } from '../libs/ses-reputation/src/reputation/watch/silence-step.js';
import { writeMemory } from '../libs/ses-reputation/src/store/memory.js';
import { databaseKinds } from './support/databases.js';
import { Watch } from './support/watch.js';

const START = Date.UTC(2026, 4, 1, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:ses-feedback';

function step(given: Partial<SesReputationOptions> = {}): SilenceStep {
  const options = { configurationSet: 'main', feedback: { topicArns: [TOPIC] }, ...given };
  return new SilenceStep(resolveOptions(options));
}

describe.each(databaseKinds())('the silence of SES on $name', (kind) => {
  let watch: Watch;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    watch = await Watch.on(kind);
  });
  afterEach(() => watch.clear());
  afterAll(() => watch.stop());

  async function heard(at: number, deliveryAt: number | null = at): Promise<void> {
    const value: FeedbackHeard = { at, deliveryAt };
    await watch.store.transaction((tx) => writeMemory(tx, FEEDBACK_HEARD, value, new Date(at)));
  }

  it('is told of once, with what to look at, and again when it comes back', async () => {
    const check = step();
    await heard(START);
    await watch.counted(START + 2 * MINUTE, { sent: 70 });
    await watch.counted(START + 40 * MINUTE, { sent: 30 });
    expect(await watch.check(check, START + 61 * MINUTE)).toEqual([]);
    expect(await watch.check(check, START + 62 * MINUTE)).toEqual([
      {
        id: expect.any(String),
        at: new Date(START + 62 * MINUTE),
        volume: 100,
        lastHeardAt: new Date(START),
        check: expect.arrayContaining([
          expect.stringContaining(TOPIC),
          expect.stringContaining('configuration set "main"'),
        ]),
      },
    ]);
    await watch.counted(START + 70 * MINUTE, { sent: 500 });
    expect(await watch.check(check, START + 2 * HOUR)).toEqual([]);
    // Another instance has the same memory.
    expect(await watch.check(step(), START + 2 * HOUR)).toEqual([]);

    await heard(START + 3 * HOUR);
    expect(await watch.check(check, START + 4 * HOUR)).toEqual([]);
    await watch.counted(START + 4 * HOUR, { sent: 100 });
    expect(await watch.check(check, START + 5 * HOUR)).toMatchObject([
      { volume: 100, lastHeardAt: new Date(START + 3 * HOUR) },
    ]);
  });

  it('is none while mail is too new to be answered, or may have been', async () => {
    const check = step({ reputation: { silence: { volume: 100, afterMs: 1 } } });
    await heard(START);
    await watch.counted(START, { sent: 5_000 });
    expect(await watch.check(check, START + DAY)).toEqual([]);
    await watch.counted(START + 3 * MINUTE, { sent: 5_000 });
    expect(await watch.check(check, START + 19 * MINUTE - 1)).toEqual([]);
    expect(await watch.check(check, START + 19 * MINUTE)).toHaveLength(1);
  });

  it('is none where nothing was sent for days', async () => {
    const check = step();
    await heard(START);
    await watch.counted(START + 3 * DAY, { sent: 5_000 });
    expect(await watch.check(check, START + 3 * DAY + 20 * MINUTE)).toEqual([]);
  });

  it('does not count the mail of others', async () => {
    const check = step();
    await heard(START);
    await watch.counted(START + 2 * MINUTE, { sent: 150, unaccounted: 51 });
    expect(await watch.check(check, START + 2 * HOUR)).toEqual([]);
  });

  it('is none where it is switched off', async () => {
    const check = step({ reputation: { silence: false } });
    await watch.check(check, START);
    await watch.counted(START + MINUTE, { sent: 5_000 });
    expect(await watch.check(check, START + DAY)).toEqual([]);
  });

  describe('of which nothing was ever heard', () => {
    it('counts the mail since somebody listens', async () => {
      const check = step();
      await watch.counted(START - HOUR, { sent: 5_000 });
      expect(await watch.check(check, START)).toEqual([]);
      expect(await watch.check(check, START + DAY)).toEqual([]);
      await watch.counted(START + DAY, { sent: 100 });
      expect(await watch.check(check, START + DAY + HOUR)).toMatchObject([
        { volume: 100, lastHeardAt: null },
      ]);
      expect(await watch.check(check, START + 2 * DAY)).toEqual([]);
    });

    it('ends when something is heard', async () => {
      const check = step();
      await watch.check(check, START);
      await watch.counted(START, { sent: 100 });
      expect(await watch.check(check, START + HOUR)).toHaveLength(1);
      await heard(START + 2 * HOUR);
      await watch.counted(START + 3 * HOUR, { sent: 100 });
      expect(await watch.check(check, START + 4 * HOUR)).toHaveLength(1);
    });
  });

  describe('where only failures are published', () => {
    it('is beyond chance before it is told of', async () => {
      const check = step();
      // In 30 days 200 of 10,000 failed: at least 1.74 %, so that 10 are missing of 574 emails.
      await heard(START, null);
      await watch.counted(
        START - 20 * DAY,
        { sent: 10_000, hardBounces: 150, softBounces: 40, complaints: 10 },
        { minutes: 60 },
      );
      await watch.counted(START - 40 * DAY, { sent: 10_000, hardBounces: 5_000 }, { minutes: 1440 });
      await watch.counted(START + 2 * MINUTE, { sent: 573 });
      expect(await watch.check(check, START + 2 * HOUR)).toEqual([]);
      await watch.counted(START + 3 * MINUTE, { sent: 1 });
      expect(await watch.check(check, START + 2 * HOUR)).toMatchObject([{ volume: 574 }]);
    });

    it('takes 10,000 emails without a history', async () => {
      const check = step({ configurationSet: undefined });
      await watch.check(check, START);
      await watch.counted(START, { sent: 9_999 });
      expect(await watch.check(check, START + 2 * HOUR)).toEqual([]);
      await watch.counted(START + MINUTE, { sent: 1 });
      expect(await watch.check(check, START + 2 * HOUR)).toHaveLength(1);
    });
  });

  it('goes by the streams that publish, where some do not', async () => {
    const check = step({
      configurationSet: undefined,
      streams: { receipts: {}, news: { configurationSet: 'news' } },
    });
    await heard(START);
    for (const dimension of ['account', 'stream:receipts'])
      await watch.counted(START + 2 * MINUTE, { sent: 5_000 }, { dimension });
    expect(await watch.check(check, START + 2 * HOUR)).toEqual([]);
    await watch.counted(START + 2 * MINUTE, { sent: 100 }, { dimension: 'stream:news' });
    expect(await watch.check(check, START + 2 * HOUR)).toMatchObject([{ volume: 100 }]);
  });
});
