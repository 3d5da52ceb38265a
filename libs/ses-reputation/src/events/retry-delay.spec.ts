import { describe, expect, it } from '@jest/globals';
import { DEFAULT_OUTBOX_LIMITS } from './outbox-limits.js';
import { retryDelayMs } from './retry-delay.js';

const longest = (attempt: number) => retryDelayMs(attempt, DEFAULT_OUTBOX_LIMITS, 1);

describe('retryDelayMs', () => {
  it('doubles from a second to five minutes', () => {
    expect([1, 2, 3, 8, 9, 10, 11].map(longest)).toEqual([
      1_000, 2_000, 4_000, 128_000, 256_000, 300_000, 300_000,
    ]);
  });

  it('is up to a quarter shorter at random', () => {
    expect(retryDelayMs(3, DEFAULT_OUTBOX_LIMITS, 0)).toBe(3_000);
    const drawn = Array.from({ length: 50 }, () => retryDelayMs(3, DEFAULT_OUTBOX_LIMITS));
    expect(new Set(drawn).size).toBeGreaterThan(1);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(3_000);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(4_000);
  });
});
