import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rate } from './rate.js';

describe('rate', () => {
  it('is a fraction, and 0 where nothing was sent', () => {
    expect(rate(5, 100)).toBe(0.05);
    expect(rate(3, 0)).toBe(0);
    expect(rate(3, -1)).toBe(0);
  });

  it('stays within 0 and 1 and never falls when one more bounces', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 2_000 }),
        fc.integer({ min: -5, max: 1_000 }),
        (count, volume) => {
          const fraction = rate(count, volume);
          expect(fraction).toBeGreaterThanOrEqual(0);
          expect(fraction).toBeLessThanOrEqual(1);
          expect(rate(count + 1, volume)).toBeGreaterThanOrEqual(fraction);
        },
      ),
    );
  });
});
