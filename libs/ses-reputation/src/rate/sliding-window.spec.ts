import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SlidingWindow } from './sliding-window.js';

function windowOf(perSecond: number | null): SlidingWindow {
  const window = new SlidingWindow();
  window.setRate(perSecond, 0);
  return window;
}

/** What one sender lets go that always has mail waiting. */
function greedy(window: SlidingWindow, emails: number, untilMs: number): { at: number; emails: number }[] {
  const gone: { at: number; emails: number }[] = [];
  for (let now = 0; now < untilMs; now = Math.max(now, window.fitsAt(now, emails))) {
    window.add(now, emails);
    gone.push({ at: now, emails });
  }
  return gone;
}

function mostInASecond(gone: { at: number; emails: number }[]): number {
  let [most, within, oldest] = [0, 0, 0];
  for (const { at, emails } of gone) {
    within += emails;
    while (gone[oldest]!.at <= at - 1_000) within -= gone[oldest++]!.emails;
    most = Math.max(most, within);
  }
  return most;
}

const sumOf = (gone: { emails: number }[]) => gone.reduce((sum, { emails }) => sum + emails, 0);

describe('SlidingWindow', () => {
  it('never lets more than the rate go in any second, and nearly all of it in the long run', () => {
    const rate = fc.double({ min: 0.1, max: 500, noNaN: true });
    const property = fc.property(rate, fc.integer({ min: 1, max: 3 }), (perSecond, emails) => {
      const gone = greedy(windowOf(perSecond), emails, 20_000);
      expect(mostInASecond(gone)).toBeLessThanOrEqual(Math.max(Math.ceil(perSecond), emails));
      // The last of them may be paid for after the end, and what is left of a window be too little for the next.
      const capacity = Math.ceil(perSecond);
      const usable = capacity < emails ? 1 : (capacity - (capacity % emails)) / capacity;
      expect(sumOf(gone)).toBeGreaterThan(perSecond * 20 * usable * 0.95 - 2 * emails);
      expect(sumOf(gone)).toBeLessThanOrEqual(perSecond * 20 + capacity + emails);
    });
    fc.assert(property, { numRuns: 100 });
  });

  it('tells what went in the last second, also where the rate is far lower now', () => {
    const window = windowOf(40);
    window.add(1_000, 40);
    window.setRate(0.3, 1_000);
    expect(window.usedPerSecond(1_500)).toBe(40);
    // After that it is one window of many seconds that is used up for long.
    expect(window.usedPerSecond(2_500)).toBeCloseTo(40 * 0.3);
  });

  it('lets a whole second go at once', () => {
    const window = windowOf(14);
    for (let n = 0; n < 14; n++) {
      expect(window.fits(1_000, 1)).toBe(true);
      window.add(1_000, 1);
    }
    expect(window.fits(1_000, 1)).toBe(false);
    expect(window.fitsAt(1_000, 1)).toBe(2_020);
    expect(window.fits(2_019, 1)).toBe(false);
    expect(window.fits(2_020, 14)).toBe(true);
  });

  it('pays for a call to many in the seconds after it', () => {
    const window = windowOf(10);
    window.add(0, 1);
    expect(window.fits(0, 50)).toBe(false);
    expect(window.fits(1_020, 50)).toBe(true);
    window.add(1_020, 50);
    expect(window.fitsAt(1_020, 1)).toBeGreaterThan(1_000 + 4_000);
    expect(window.fitsAt(1_020, 1)).toBeLessThan(1_000 + 6_000);
  });

  it('has a large message paid for at the rate there is then, not at the one it went under', () => {
    const window = windowOf(0.4);
    window.add(0, 50);
    expect(window.usedPerSecond(500)).toBe(50);
    expect(window.usedPerSecond(10_000)).toBeCloseTo(0.4);
    expect(window.fitsAt(10_000, 1)).toBeGreaterThan(100_000);
    window.setRate(14, 10_000);
    expect(window.usedPerSecond(10_000)).toBeCloseTo(14);
    expect(window.fitsAt(10_000, 1)).toBeLessThan(14_000);
    window.setRate(null, 11_000);
    expect(window.fits(11_001, 1)).toBe(true);
  });

  it('lets nothing go at a rate of none, and all without a rate', () => {
    expect(windowOf(0).fits(0, 1)).toBe(false);
    expect(windowOf(0).fitsAt(0, 1)).toBe(Number.POSITIVE_INFINITY);
    const free = windowOf(null);
    free.add(0, 1_000_000);
    expect(free.fits(0, 1_000_000)).toBe(true);
  });

  it('counts what went at an earlier rate', () => {
    const window = windowOf(100);
    window.add(0, 90);
    window.setRate(10, 0);
    expect(window.usedPerSecond(500)).toBe(90);
    expect(window.fits(500, 1)).toBe(false);
    expect(window.usedPerSecond(1_100)).toBe(0);
  });
});
