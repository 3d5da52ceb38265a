import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { softBounceRun } from './soft-bounce-run.js';

const minute = (n: number) => new Date(Date.UTC(2026, 2, 1, 10, n));
const bounce = (messageId: string | null, n: number) => ({ messageId, sentAt: minute(n) });

describe('softBounceRun', () => {
  it('counts messages, not bounces', () => {
    const bounces = [bounce('a', 1), bounce('a', 1), bounce('b', 2), bounce(null, 3)];
    expect(softBounceRun(bounces, { deliveries: [], released: null })).toBe(2);
  });

  it('begins anew after a delivery, by when mail was sent, and keeps the longest', () => {
    const bounces = [bounce('a', 1), bounce('b', 2), bounce('c', 4), bounce('d', 5), bounce('e', 6)];
    const run = (...deliveries: number[]) =>
      softBounceRun(bounces, { deliveries: deliveries.map(minute), released: null });
    expect(run(3)).toBe(3);
    expect(run(5, 0)).toBe(4);
    expect(run(3, 5)).toBe(2);
    expect(run(9)).toBe(5);
  });

  it('leaves out what was sent before the address was released', () => {
    const bounces = [bounce('a', 1), bounce('b', 2), bounce('c', 3), bounce('d', 4)];
    expect(softBounceRun(bounces, { deliveries: [], released: minute(3) })).toBe(1);
    expect(softBounceRun(bounces, { deliveries: [], released: minute(9) })).toBe(0);
  });

  it('is what replaying the mail in the order it was sent gives, in whatever order feedback arrives', () => {
    const mails = fc.uniqueArray(fc.record({ at: fc.nat(50), delivered: fc.boolean() }), {
      selector: ({ at }) => at,
    });
    fc.assert(
      fc.property(mails, (inOrderOfArrival) => {
        let run = 0;
        let longest = 0;
        for (const { delivered } of inOrderOfArrival.toSorted((a, b) => a.at - b.at)) {
          run = delivered ? 0 : run + 1;
          longest = Math.max(longest, run);
        }
        const bounces = inOrderOfArrival.filter(({ delivered }) => !delivered);
        const deliveries = inOrderOfArrival.filter(({ delivered }) => delivered).map(({ at }) => minute(at));
        const found = softBounceRun(
          bounces.map(({ at }) => bounce(`m${at}`, at)),
          { deliveries, released: null },
        );
        expect(found).toBe(longest);
      }),
    );
  });
});
