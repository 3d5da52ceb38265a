import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { softBounceRun } from './soft-bounce-run.js';

const minute = (n: number) => new Date(Date.UTC(2026, 2, 1, 10, n));
const bounce = (messageId: string | null, n: number) => ({ messageId, sentAt: minute(n) });

describe('softBounceRun', () => {
  it('counts messages, not bounces', () => {
    expect(softBounceRun([bounce('a', 1), bounce('a', 1), bounce('b', 2), bounce(null, 3)], [])).toBe(2);
  });

  it('begins anew after a delivery or release, by when mail was sent', () => {
    const bounces = [bounce('a', 1), bounce('b', 2), bounce('c', 3), bounce('d', 4)];
    expect(softBounceRun(bounces, [minute(2)])).toBe(2);
    expect(softBounceRun(bounces, [minute(3), minute(0)])).toBe(1);
    expect(softBounceRun(bounces, [minute(9)])).toBe(0);
  });

  it('is what replaying the mail in the order it was sent gives, in whatever order feedback arrives', () => {
    const mails = fc.uniqueArray(fc.record({ at: fc.nat(50), delivered: fc.boolean() }), {
      selector: ({ at }) => at,
    });
    fc.assert(
      fc.property(mails, (inOrderOfArrival) => {
        let run = 0;
        for (const { delivered } of inOrderOfArrival.toSorted((a, b) => a.at - b.at))
          run = delivered ? 0 : run + 1;
        const bounces = inOrderOfArrival.filter(({ delivered }) => !delivered);
        const deliveries = inOrderOfArrival.filter(({ delivered }) => delivered);
        expect(
          softBounceRun(
            bounces.map(({ at }) => bounce(`m${at}`, at)),
            deliveries.map(({ at }) => minute(at)),
          ),
        ).toBe(run);
      }),
    );
  });
});
