import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BucketDeltas } from './bucket-delta.js';
import type { Booking } from './counts.js';

const NOW = Date.UTC(2026, 4, 1, 12, 0, 30);
const HOUR = 3_600_000;

const booking: fc.Arbitrary<Booking> = fc.record({
  sentAt: fc.oneof(fc.nat(HOUR), fc.nat(2_000 * HOUR)).map((ageMs) => new Date(NOW - ageMs)),
  stream: fc.constantFrom(null, 'news', 'alerts'),
  domain: fc.constantFrom(null, 'example.com', 'example.org'),
  counts: fc.record({ sent: fc.nat(3), hardBounces: fc.nat(3) }, { requiredKeys: [] }),
});

function deltas(...groups: Booking[][]): BucketDeltas {
  const all = new BucketDeltas();
  for (const group of groups) all.book(group, NOW);
  return all;
}

function listed(all: BucketDeltas): (string | number)[][] {
  return all
    .sorted()
    .map(({ dimension, start, minutes, counts }) => [
      dimension,
      start,
      minutes,
      counts.sent ?? 0,
      counts.hardBounces ?? 0,
    ]);
}

describe('BucketDeltas', () => {
  it('add up to the same in any order and any grouping', () => {
    fc.assert(
      fc.property(fc.array(booking, { maxLength: 40 }), fc.nat(40), (bookings, cut) => {
        const one = listed(deltas(bookings));
        expect(listed(deltas(bookings.toReversed()))).toEqual(one);
        const moved = deltas(bookings.slice(cut));
        deltas(bookings.slice(0, cut)).moveTo(moved, Infinity);
        expect(listed(moved)).toEqual(one);
      }),
    );
  });

  it('never change the counts they were given', () => {
    const counts = { sent: 1 };
    const given = { sentAt: new Date(NOW), stream: null, domain: null, counts };
    deltas([given, given]);
    expect(counts).toEqual({ sent: 1 });
  });

  it('move no more than asked', () => {
    const some = deltas([
      { sentAt: new Date(NOW), stream: 'news', domain: 'example.com', counts: { sent: 1 } },
    ]);
    const moved = new BucketDeltas();
    some.moveTo(moved, 3);
    expect([moved.size, some.size]).toEqual([3, 1]);
    some.clear();
    expect(some.size).toBe(0);
  });

  it('book no narrower than they are told', () => {
    const some = new BucketDeltas();
    some.book([{ sentAt: new Date(NOW), stream: null, domain: null, counts: { sent: 1 } }], NOW, 60);
    expect(some.sorted()).toMatchObject([{ start: NOW - 30_000, minutes: 60 }]);
  });
});
