import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backOffMs } from './back-off.js';

describe('backOffMs', () => {
  it('doubles up to four seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((attempt) => backOffMs(attempt, 1))).toEqual([
      200, 400, 800, 1600, 3200, 4000, 4000,
    ]);
  });

  it('is never below half of that, nor above it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          const most = backOffMs(attempt, 1);
          expect(backOffMs(attempt, random)).toBeGreaterThanOrEqual(most / 2);
          expect(backOffMs(attempt, random)).toBeLessThanOrEqual(most);
        },
      ),
    );
  });
});
