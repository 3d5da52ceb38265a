import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { resolveOptions } from '../libs/ses-reputation/src/options/resolve-options.js';
import type { ReputationOptions } from '../libs/ses-reputation/src/options/ses-reputation-options.js';
import { UnaccountedStep } from '../libs/ses-reputation/src/reputation/watch/unaccounted-step.js';
import { databaseKinds } from './support/databases.js';
import { Watch } from './support/watch.js';

const NOW = Date.UTC(2026, 4, 1, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function step(unaccounted?: ReputationOptions['unaccounted']): UnaccountedStep {
  const topicArns = ['arn:aws:sns:eu-west-1:123456789012:ses-feedback'];
  return new UnaccountedStep(resolveOptions({ feedback: { topicArns }, reputation: { unaccounted } }));
}

/** SES's answer to a check at that time. */
function account(now: number, sentLast24Hours: number, askedAt = now) {
  return {
    quota: { max24HourSend: 50_000, maxSendRate: 14, sentLast24Hours },
    checkedAt: new Date(askedAt),
  };
}

/** 1,000 counted in the last 24 hours, and some before. */
async function countThousand(watch: Watch) {
  await watch.counted(NOW - 3 * DAY, { sent: 300 });
  await watch.counted(NOW - 23 * HOUR, { sent: 600, excluded: 200 });
  await watch.counted(NOW - 5 * MINUTE, { sent: 400, unaccounted: 10 });
}

describe.each(databaseKinds())('mail from elsewhere on $name', (kind) => {
  let watch: Watch;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    watch = await Watch.on(kind);
  });
  afterEach(() => watch.clear());
  afterAll(() => watch.stop());

  describe('as Send events tell', () => {
    it('is told of once, and again after it fell below half', async () => {
      const check = step();
      await watch.counted(NOW - HOUR, { sent: 1_000, unaccounted: 99 });
      expect(await watch.check(check, NOW)).toEqual([]);
      await watch.counted(NOW - MINUTE, { sent: 50, unaccounted: 50 });
      expect(await watch.check(check, NOW)).toEqual([
        {
          id: expect.any(String),
          at: new Date(NOW),
          source: 'send-events',
          volume: 149,
          share: 149 / 1_050,
        },
      ]);
      expect(await watch.check(step(), NOW + MINUTE)).toEqual([]);
      // Two days later it is gone; after that it comes back, and more of it.
      expect(await watch.check(check, NOW + 2 * DAY)).toEqual([]);
      await watch.counted(NOW + 3 * DAY, { sent: 500, unaccounted: 400 });
      expect(await watch.check(check, NOW + 3 * DAY + HOUR)).toMatchObject([{ volume: 400, share: 0.8 }]);
    });

    it('is not told of where it is usual', async () => {
      const check = step();
      for (let day = 2; day <= 30; day++)
        await watch.counted(
          NOW - day * DAY,
          { sent: 1_000, unaccounted: 150 },
          { minutes: day > 8 ? 60 : 1 },
        );
      await watch.counted(NOW - HOUR, { sent: 1_000, unaccounted: 290 });
      expect(await watch.check(check, NOW)).toEqual([]);
      // A day off, on which only the others send.
      await watch.counted(NOW + DAY + HOUR, { sent: 150, unaccounted: 150 });
      expect(await watch.check(check, NOW + DAY + 2 * HOUR)).toEqual([]);
      await watch.counted(NOW + 3 * DAY, { sent: 1_000, unaccounted: 400 });
      expect(await watch.check(check, NOW + 3 * DAY + HOUR)).toMatchObject([{ volume: 400 }]);
    });

    it('is not told of where it is switched off', async () => {
      await watch.counted(NOW - HOUR, { sent: 1_000, unaccounted: 1_000 });
      expect(await watch.check(step(false), NOW)).toEqual([]);
      expect(await watch.check(step(), NOW)).toHaveLength(1);
    });
  });

  describe('as SES’s own count tells', () => {
    it('is told of when it lasts, and again after it fell below half', async () => {
      const check = step();
      await countThousand(watch);
      const asked = (minutes: number, sent: number) =>
        watch.check(check, NOW + minutes * MINUTE, account(NOW + minutes * MINUTE, sent));
      expect(await asked(0, 1_112)).toEqual([]);
      expect(await asked(5, 1_112)).toEqual([]);
      expect(await asked(15, 1_125)).toEqual([
        {
          id: expect.any(String),
          at: new Date(NOW + 15 * MINUTE),
          source: 'quota',
          volume: 125,
          share: 125 / 1_125,
        },
      ]);
      expect(await asked(20, 5_000)).toEqual([]);
      expect(await asked(25, 1_040)).toEqual([]);
      expect(await asked(30, 1_200)).toEqual([]);
      expect(await asked(45, 1_200)).toHaveLength(1);
    });

    it('is none that comes and goes: it was not counted yet', async () => {
      const check = step();
      await countThousand(watch);
      for (const [minutes, sent] of [
        [0, 1_300],
        [10, 1_000],
        [20, 1_300],
        [30, 1_000],
      ] as const) {
        const now = NOW + minutes * MINUTE;
        expect(await watch.check(check, now, account(now, sent))).toEqual([]);
      }
    });

    it('is none at the edge of the 24 hours', async () => {
      const check = step();
      await watch.counted(NOW - 3 * DAY, { sent: 300 });
      await watch.counted(NOW - 24 * HOUR, { sent: 5_000 });
      for (let minutes = 0; minutes <= 60; minutes += 5) {
        const now = NOW + minutes * MINUTE;
        expect(await watch.check(check, now, account(now, 5_000))).toEqual([]);
      }
    });

    it('is none before mail was counted for 24 hours', async () => {
      const check = step();
      await watch.counted(NOW - 24 * HOUR, { sent: 10 });
      for (const minutes of [0, 30, 59]) {
        const now = NOW + minutes * MINUTE;
        expect(await watch.check(check, now, account(now, 5_000))).toEqual([]);
      }
      for (const minutes of [60, 75]) await watch.check(check, NOW + minutes * MINUTE, null);
      expect(await watch.check(check, NOW + 80 * MINUTE, account(NOW + 80 * MINUTE, 5_000))).toEqual([]);
      expect(await watch.check(check, NOW + 95 * MINUTE, account(NOW + 95 * MINUTE, 5_000))).toHaveLength(1);
    });

    it('goes by nothing that SES said some time ago', async () => {
      const check = step();
      await countThousand(watch);
      for (const minutes of [5, 20, 40]) {
        expect(await watch.check(check, NOW + minutes * MINUTE, account(0, 9_000, NOW))).toEqual([]);
      }
    });
  });
});
