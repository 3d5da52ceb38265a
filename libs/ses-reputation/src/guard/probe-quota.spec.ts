import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ProbeQuota } from './probe-quota.js';
import { firstRound } from './probe-round.js';

const FIRST = { share: 0.05, volume: 100 };

function quota(share: number, first = FIRST) {
  return new ProbeQuota(firstRound(share, 0, 0), first);
}

function taken(from: ProbeQuota, messages: readonly number[]): number[] {
  return messages.filter((recipients) => from.take(recipients) !== null);
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

describe('ProbeQuota', () => {
  it.each([0.05, 0.1, 0.29, 0.4, 0.7, 0.8])('lets out message k as the share %d says', (share) => {
    const one = quota(share, { share: 0.05, volume: 1_000_000 });
    // In whole hundredths: exact, where binary fractions are not.
    const hundredths = Math.round(share * 100);
    for (let k = 0; k < 500; k++) {
      const due = Math.floor(((k + 1) * hundredths) / 100) > Math.floor((k * hundredths) / 100);
      expect(one.take(1) !== null).toBe(due);
    }
  });

  it('never lets out more recipients than the share, whatever the messages are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 300 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (messages, share) => {
          const out = sum(taken(quota(share, { share, volume: 1_000_000 }), messages));
          expect(out).toBeLessThanOrEqual(sum(messages) * share + 1e-6);
          expect(out).toBeGreaterThan(sum(messages) * share - 50);
        },
      ),
    );
  });

  it('lets out no more than twice what a round needs, however much is sent', () => {
    const million = Array.from({ length: 100_000 }, () => 10);
    expect(sum(taken(quota(0.05), million))).toBe(200);
    expect(sum(taken(quota(0.4), million))).toBe(1_600);
    expect(sum(taken(quota(1), million))).toBe(1_000_000);
  });

  it('has a new cap for a new round, and has saved nothing up for it', () => {
    const one = quota(0.05);
    const hundreds = Array.from({ length: 10_000 }, () => 1);
    expect(taken(one, hundreds)).toHaveLength(200);
    one.enter(firstRound(0.05, 0, 0));
    expect(taken(one, hundreds)).toHaveLength(0);
    one.enter(firstRound(0.05, 60_000, 0));
    expect(taken(one, hundreds.slice(0, 19))).toHaveLength(0);
    expect(taken(one, hundreds)).toHaveLength(200);
  });

  it('lets out a message to fifty, though a round is judged by one email', () => {
    const one = quota(0.5, { share: 0.5, volume: 1 });
    expect(taken(one, [50, 50, 50])).toEqual([50]);
  });

  it('gets back what was not sent', () => {
    const one = quota(0.5);
    expect(one.take(1)).toBeNull();
    const giveBack = one.take(1)!;
    giveBack();
    expect(one.take(1)).not.toBeNull();
  });
});
