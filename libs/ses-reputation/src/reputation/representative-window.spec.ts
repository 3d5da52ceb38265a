import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  BOOKING_SKEW_MS,
  eligible,
  representativeWindow,
  type WindowBucket,
} from './representative-window.js';

const MINUTE = 60_000;

function bucket(minute: number, counts: Partial<WindowBucket>): WindowBucket {
  const none = { sent: 0, excluded: 0, unaccounted: 0, hardBounces: 0, complaints: 0 };
  return { start: minute * MINUTE, minutes: 1, ...none, ...counts };
}

describe('representativeWindow', () => {
  it('is empty where nothing was counted', () => {
    const empty = { from: null, volume: 0, hardBounces: 0, complaints: 0, unaccounted: 0 };
    expect(representativeWindow([], 10)).toEqual(empty);
    expect(representativeWindow([bucket(1, { hardBounces: 3 })], 10)).toEqual(empty);
  });

  it('takes the newest mail, and its oldest bucket whole', () => {
    const buckets = [
      bucket(9, { sent: 4, hardBounces: 1 }),
      bucket(7, { sent: 5, complaints: 1, unaccounted: 2 }),
      bucket(2, { sent: 100, hardBounces: 100 }),
    ];
    expect(representativeWindow(buckets, 6)).toEqual({
      from: 7 * MINUTE,
      volume: 9,
      hardBounces: 1,
      complaints: 1,
      unaccounted: 2,
    });
  });

  it('leaves out of the volume what the account list kept back', () => {
    expect(representativeWindow([bucket(3, { sent: 10, excluded: 4 })], 100).volume).toBe(6);
    expect(representativeWindow([bucket(3, { sent: 1, excluded: 4 })], 100).volume).toBe(0);
  });

  it('never begins before the first counted mail', () => {
    const buckets = [
      bucket(10, { hardBounces: 1 }),
      bucket(9, { sent: 10 }),
      bucket(8, { hardBounces: 2 }),
      bucket(5, { hardBounces: 50 }),
    ];
    const window = representativeWindow(buckets, 100);
    // Minute 8 may hold feedback for mail whose send was answered, and counted, in minute 9.
    expect(window).toMatchObject({ from: 9 * MINUTE, volume: 10, hardBounces: 3 });
    expect(BOOKING_SKEW_MS).toBeLessThan(4 * MINUTE);
  });

  it('holds all the mail or at least so much, and less than its oldest bucket too much', () => {
    const counts = fc.record({ sent: fc.nat(20), excluded: fc.nat(5), hardBounces: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 30 }), fc.integer({ min: 1, max: 100 }), (each, volume) => {
        const newestFirst = each.map((given, n) => bucket(1_000 - n, given));
        const window = representativeWindow(newestFirst, volume);
        const all = newestFirst.reduce((sum, given) => sum + eligible(given), 0);
        const oldest = newestFirst.find(({ start }) => start === window.from);
        expect(window.volume).toBeGreaterThanOrEqual(Math.min(all, volume));
        if (oldest) expect(window.volume - eligible(oldest)).toBeLessThan(volume);
        else expect(window.volume).toBe(0);
      }),
    );
  });
});
