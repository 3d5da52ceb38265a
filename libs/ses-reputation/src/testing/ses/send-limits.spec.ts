import { describe, expect, it } from '@jest/globals';
import { DailyQuota, SendRate } from './send-limits.js';

const HOUR_MS = 3_600_000;

function rateAt(perSecond: number) {
  let now = 1_000_000;
  const rate = new SendRate(perSecond, () => now);
  const takeAll = (recipients: number[]) => recipients.map((count) => rate.take(count));
  return { takeAll, pass: (ms: number) => void (now += ms) };
}

describe('SendRate', () => {
  it('allows a burst of one second, then the rate', () => {
    const { takeAll, pass } = rateAt(2);
    expect(takeAll([1, 1, 1])).toEqual([true, true, false]);
    pass(500);
    expect(takeAll([1, 1])).toEqual([true, false]);
    pass(60_000);
    expect(takeAll([1, 1, 1])).toEqual([true, true, false]);
  });

  it('lets a message to many through and then waits its debt off', () => {
    const { takeAll, pass } = rateAt(1);
    expect(takeAll([5])).toEqual([true]);
    pass(4_000);
    expect(takeAll([1])).toEqual([false]);
    pass(1_000);
    expect(takeAll([1])).toEqual([true]);
  });

  it('takes one message at once even when the rate is below one a second', () => {
    expect(rateAt(0.5).takeAll([1, 1])).toEqual([true, false]);
  });

  it('gives nothing back when the clock is set back', () => {
    const { takeAll, pass } = rateAt(1);
    takeAll([1]);
    pass(-5_000);
    expect(takeAll([1])).toEqual([false]);
    pass(1_000);
    expect(takeAll([1])).toEqual([true]);
  });
});

describe('DailyQuota', () => {
  it('forgets what was sent 24 hours ago', () => {
    let now = 0;
    const quota = new DailyQuota(3, () => now);
    quota.book(2);
    now += 12 * HOUR_MS;
    quota.book(1);
    expect([quota.used, quota.exhausted]).toEqual([3, true]);
    now += 12 * HOUR_MS;
    expect([quota.used, quota.exhausted]).toEqual([1, false]);
  });

  it('lets the last message go over the limit, as Amazon does, and none after it', () => {
    const quota = new DailyQuota(3, () => 0);
    quota.book(2);
    expect(quota.exhausted).toBe(false);
    quota.book(5);
    expect(quota.exhausted).toBe(true);
  });

  it('is never exhausted at -1', () => {
    const quota = new DailyQuota(-1, () => 0);
    quota.book(1_000_000);
    expect(quota.exhausted).toBe(false);
  });
});
