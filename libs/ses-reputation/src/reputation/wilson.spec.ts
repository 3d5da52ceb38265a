import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judge } from './levels.js';
import { wilsonInterval } from './wilson.js';

const RULES = {
  limits: { warning: 0.02, review: 0.05, pause: 0.1 },
  minimumVolume: 1_000,
  minimumCount: 5,
};

describe('the Wilson score interval', () => {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d in %d agrees with the published one', (count, volume, low, high) => {
    const interval = wilsonInterval(count, volume);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('knows nothing before the first mail', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });

  it('holds the rate, stays within 0 and 1, and ends where the count does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (volume, part) => {
          const count = Math.round(part * volume);
          const { low, high } = wilsonInterval(count, volume);
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeLessThanOrEqual(1);
          expect(low).toBeLessThanOrEqual(count / volume);
          expect(high).toBeGreaterThanOrEqual(count / volume);
          expect(low === 0).toBe(count === 0);
          expect(high === 1).toBe(count === volume);
        },
      ),
    );
  });

  it('is two answers of one equation: where the count is 1.96 standard deviations off', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 100_000 }), fc.nat(), (volume, n) => {
        const count = 1 + (n % (volume - 1));
        for (const bound of Object.values(wilsonInterval(count, volume))) {
          const deviation = Math.abs(count / volume - bound) / Math.sqrt((bound * (1 - bound)) / volume);
          expect(deviation).toBeCloseTo(1.959964, 4);
        }
      }),
    );
  });

  it('cuts a count that is more than there was to count', () => {
    expect(wilsonInterval(7, 5)).toEqual(wilsonInterval(5, 5));
  });
});

describe('noise and alarm', () => {
  it('is no alarm for 1 bounce in 12 mails, which may be anything from fine to bad', () => {
    const { low, high } = wilsonInterval(1, 12);
    expect(low).toBeLessThan(RULES.limits.warning);
    expect(high).toBeGreaterThan(RULES.limits.pause);
    expect(judge({ count: 1, volume: 12 }, RULES)).toBe('healthy');
  });

  it('is an alarm for 60 bounces in 1,000 mails, which can hardly be fine', () => {
    expect(wilsonInterval(60, 1_000).low).toBeGreaterThan(RULES.limits.warning);
    expect(judge({ count: 60, volume: 1_000 }, RULES)).toBe('review');
  });
});
