import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { headroom } from './headroom.js';
import { isWorse, judge, REPUTATION_LEVELS } from './levels.js';

const RULES = {
  limits: { warning: 0.02, review: 0.05, pause: 0.1 },
  minimumVolume: 1_000,
  minimumCount: 5,
};

describe('headroom', () => {
  it('counts up to the next limit', () => {
    expect(headroom({ count: 0, volume: 1_000 }, RULES, 'healthy')).toBe(20);
    expect(headroom({ count: 19, volume: 1_000 }, RULES, 'healthy')).toBe(1);
    expect(headroom({ count: 20, volume: 1_000 }, RULES, 'warning')).toBe(30);
    expect(headroom({ count: 95, volume: 1_000 }, RULES, 'review')).toBe(5);
  });

  it('is null at pause, below the minimum volume, and where all the mail would not do', () => {
    expect(headroom({ count: 100, volume: 1_000 }, RULES, 'pause')).toBeNull();
    expect(headroom({ count: 0, volume: 999 }, RULES, 'healthy')).toBeNull();
    expect(headroom({ count: 1, volume: 3 }, { ...RULES, minimumVolume: 0 }, 'healthy')).toBeNull();
    expect(headroom({ count: 0, volume: 0 }, { ...RULES, minimumVolume: 0 }, 'healthy')).toBeNull();
  });

  it('takes the minimum count into account', () => {
    const rules = { ...RULES, limits: { warning: 0.0008, review: 0.001, pause: 0.005 } };
    expect(headroom({ count: 0, volume: 1_000 }, rules, 'healthy')).toBe(5);
    expect(headroom({ count: 3, volume: 10_000 }, rules, 'healthy')).toBe(5);
  });

  it('is the least number that makes the level worse', () => {
    const rules = fc.record({
      limits: fc
        .tuple(
          fc.integer({ min: 1, max: 999 }),
          fc.integer({ min: 1, max: 999 }),
          fc.integer({ min: 1, max: 999 }),
        )
        .map((each) => each.toSorted((a, b) => a - b).map((n) => n / 1_000) as [number, number, number])
        .map(([warning, review, pause]) => ({ warning, review, pause })),
      minimumVolume: fc.nat(60),
      minimumCount: fc.nat(10),
    });
    const tally = fc
      .nat(300)
      .chain((volume) => fc.record({ volume: fc.constant(volume), count: fc.nat(volume) }));
    const previous = fc.constantFrom(...REPUTATION_LEVELS);
    fc.assert(
      fc.property(tally, rules, previous, (now, given, before) => {
        const level = judge(now, given, before);
        const worse = (more: number) =>
          isWorse(judge({ volume: now.volume, count: now.count + more }, given, level), level);
        const all = Array.from({ length: now.volume - now.count }, (_, n) => n + 1);
        expect(headroom(now, given, level)).toBe(all.find(worse) ?? null);
      }),
      { numRuns: 500 },
    );
  });
});
