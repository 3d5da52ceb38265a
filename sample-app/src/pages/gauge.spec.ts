import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS } from '../config/limits.js';
import { gaugePosition, percent } from './gauge.js';

describe('gaugePosition', () => {
  it.each([
    [0, 0],
    [0.01, 0.5],
    [0.02, 1],
    [0.05, 2],
    [0.1, 3],
    [0.55, 3.5],
    [1, 4],
  ])('shows a bounce rate of %d at %d', (rate, position) => {
    expect(gaugePosition(rate, LIMITS.bounce)).toBeCloseTo(position, 10);
  });

  it('never goes left when the rate goes up, and stays on the gauge', () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(rate, rate, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const [left, right] = [gaugePosition(low, LIMITS.complaint), gaugePosition(high, LIMITS.complaint)];
        return left <= right && left >= 0 && right <= 4;
      }),
    );
  });
});

it('writes a fraction as people read it', () => {
  expect(percent(0.0008)).toBe('0.08 %');
  expect(percent(1 / 3)).toBe('33.33 %');
});
