import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fairShares } from './fair-shares.js';

const amount = fc.double({ min: 0, max: 1_000, noNaN: true });
const members = fc.array(fc.record({ critical: amount, others: amount }), { minLength: 1, maxLength: 12 });
const rate = fc.double({ min: 0.1, max: 1_000, noNaN: true });
const sumOf = (numbers: number[]) => numbers.reduce((sum, each) => sum + each, 0);

describe('fairShares', () => {
  it('divides all of the rate, and leaves nobody without', () => {
    const property = fc.property(members, rate, (wanted, perSecond) => {
      const shares = fairShares(wanted, perSecond);
      expect(sumOf(shares)).toBeCloseTo(perSecond, 6);
      for (const share of shares)
        expect(share).toBeGreaterThanOrEqual((0.1 * perSecond) / wanted.length - 1e-9);
    });
    fc.assert(property);
  });

  it('gives no other mail more than its floor while critical mail goes short', () => {
    const property = fc.property(members, rate, (wanted, perSecond) => {
      const shares = fairShares(wanted, perSecond);
      const isShort = wanted.some(({ critical }, i) => shares[i]! < critical - 1e-6);
      if (!isShort) return;
      wanted.forEach(({ critical }, i) => {
        expect(shares[i]!).toBeLessThanOrEqual((0.1 * perSecond) / wanted.length + critical + 1e-6);
      });
    });
    fc.assert(property);
  });

  it.each([
    ['one instance', [{ critical: 0, others: 0 }], [100]],
    [
      'two that have nothing to send',
      [
        { critical: 0, others: 0 },
        { critical: 0, others: 0 },
      ],
      [50, 50],
    ],
    [
      'one in need beside an idle one',
      [
        { critical: 0, others: 1_000 },
        { critical: 0, others: 0 },
      ],
      [95, 5],
    ],
    [
      'one that needs little beside one that needs much',
      [
        { critical: 0, others: 20 },
        { critical: 0, others: 1_000 },
      ],
      [20, 80],
    ],
    [
      'critical mail before other mail',
      [
        { critical: 1_000, others: 0 },
        { critical: 0, others: 1_000 },
      ],
      [95, 5],
    ],
  ])('%s', (_, wanted, expected) => {
    fairShares(wanted, 100).forEach((share, i) => expect(share).toBeCloseTo(expected[i]!, 9));
  });

  it('gives nobody anything where there is nobody', () => {
    expect(fairShares([], 100)).toEqual([]);
  });
});
