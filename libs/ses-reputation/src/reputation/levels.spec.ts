import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  approachLimits,
  isWorse,
  judge,
  levelOf,
  REPUTATION_LEVELS,
  worseOf,
  type ReputationLevel,
} from './levels.js';

const LIMITS = { warning: 0.02, review: 0.05, pause: 0.1 };
const RULES = { limits: LIMITS, minimumVolume: 1_000, minimumCount: 5 };

describe('levelOf', () => {
  it.each<[number, ReputationLevel, ReputationLevel]>([
    [0, 'healthy', 'healthy'],
    [0.0199, 'healthy', 'healthy'],
    [0.02, 'healthy', 'warning'],
    [0.05, 'healthy', 'review'],
    [0.1, 'healthy', 'pause'],
    [1, 'warning', 'pause'],
    [0.0199, 'warning', 'warning'],
    [0.018, 'warning', 'warning'],
    [0.0179, 'warning', 'healthy'],
    [0.045, 'review', 'review'],
    [0.0449, 'review', 'warning'],
    [0.09, 'pause', 'pause'],
    [0.0899, 'pause', 'review'],
    [0.046, 'pause', 'review'],
    [0.019, 'pause', 'warning'],
    [0.01, 'pause', 'healthy'],
  ])('of %d after %s is %s', (fraction, previous, level) => {
    expect(levelOf(fraction, LIMITS, previous)).toBe(level);
  });

  it('keeps a level at exactly 90 % of its limit, for limits that floating point can not hold', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 0, max: 4 }), (units, power) => {
        const limit = units / (1_000 * 10 ** power);
        const limits = { warning: limit, review: 2, pause: 2 };
        const volume = 10_000 * 10 ** power;
        expect(levelOf((9 * units) / volume, limits, 'warning')).toBe('warning');
        expect(levelOf((9 * units - 0.001) / volume, limits, 'warning')).toBe('healthy');
      }),
    );
  });

  it('is never better with memory than without, nor worse than both what it was and what it would be', () => {
    const level = fc.constantFrom(...REPUTATION_LEVELS);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), level, (fraction, previous) => {
        const fresh = levelOf(fraction, LIMITS);
        const kept = levelOf(fraction, LIMITS, previous);
        expect(isWorse(fresh, kept)).toBe(false);
        expect(isWorse(kept, worseOf(fresh, previous))).toBe(false);
        expect(levelOf(fraction, LIMITS, kept)).toBe(kept);
      }),
    );
  });
});

describe('judge', () => {
  it('is healthy below the minimum volume or count, whatever it was', () => {
    expect(judge({ count: 999, volume: 999 }, RULES, 'pause')).toBe('healthy');
    expect(judge({ count: 4, volume: 1_000 }, { ...RULES, limits: { ...LIMITS, warning: 0.001 } })).toBe(
      'healthy',
    );
    expect(judge({ count: 20, volume: 1_000 }, RULES)).toBe('warning');
    expect(judge({ count: 0, volume: 0 }, { ...RULES, minimumVolume: 0, minimumCount: 0 })).toBe('healthy');
  });
});

describe('approachLimits', () => {
  it('reaches 80 % of a limit with 80 % of its bounces', () => {
    const limits = approachLimits(LIMITS, 0.8);
    expect(limits).toEqual({ warning: 0.016, review: 0.04, pause: 0.08 });
    expect(levelOf(40 / 1_000, limits)).toBe('review');
  });
});
