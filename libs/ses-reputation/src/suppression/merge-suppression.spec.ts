import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLive, mergeSuppression, outranks, type Strength } from './merge-suppression.js';
import { SUPPRESSION_REASONS } from './suppression-reason.js';

const day = (n: number) => new Date(Date.UTC(2026, 4, n));
const strength: fc.Arbitrary<Strength> = fc.record({
  reason: fc.constantFrom(...SUPPRESSION_REASONS),
  since: fc.integer({ min: 1, max: 9 }).map(day),
  expiresAt: fc.option(fc.integer({ min: 10, max: 20 }).map(day)),
});

describe('mergeSuppression', () => {
  it('keeps the complaint when the same address bounces later', () => {
    const complaint: Strength = { reason: 'complaint', since: day(1), expiresAt: null };
    const bounce: Strength = { reason: 'hard-bounce', since: day(2), expiresAt: null };
    expect(mergeSuppression(complaint, bounce)).toEqual(complaint);
    expect(mergeSuppression(bounce, complaint)).toEqual(complaint);
  });

  it('prefers a weak reason for good to a strong one for a while', () => {
    const holiday: Strength = { reason: 'manual', since: day(1), expiresAt: day(10) };
    const bounce: Strength = { reason: 'soft-bounces', since: day(2), expiresAt: null };
    expect(mergeSuppression(holiday, bounce)).toEqual({ ...bounce, since: day(1) });
  });

  it('ends two temporary ones with the later, under the stronger reason', () => {
    const short: Strength = { reason: 'manual', since: day(1), expiresAt: day(10) };
    const long: Strength = { reason: 'hard-bounce', since: day(1), expiresAt: day(20) };
    expect(mergeSuppression(short, long)).toEqual({ ...short, expiresAt: day(20) });
  });

  it('keeps the first of two that are equally strong, with its note', () => {
    const first = { reason: 'manual' as const, since: day(1), expiresAt: null, note: 'asked by phone' };
    expect(mergeSuppression(first, { ...first, note: 'asked again' }).note).toBe('asked by phone');
  });

  it('does not depend on the order, and the same again changes nothing', () => {
    fc.assert(
      fc.property(strength, strength, strength, (a, b, c) => {
        expect(mergeSuppression(a, b)).toEqual(mergeSuppression(b, a));
        expect(mergeSuppression(mergeSuppression(a, b), c)).toEqual(
          mergeSuppression(a, mergeSuppression(b, c)),
        );
        expect(mergeSuppression(mergeSuppression(a, b), b)).toEqual(mergeSuppression(a, b));
      }),
    );
  });

  it('never gives what either of the two outranks, nor an earlier end', () => {
    fc.assert(
      fc.property(strength, strength, fc.integer({ min: 1, max: 25 }), (a, b, n) => {
        const merged = mergeSuppression(a, b);
        expect(outranks(a, merged) || outranks(b, merged)).toBe(false);
        const nowMs = day(n).getTime();
        expect(isLive(merged, nowMs)).toBe(isLive(a, nowMs) || isLive(b, nowMs));
      }),
    );
  });
});

it('counts a suppression as over in the millisecond it expires', () => {
  expect(isLive({ expiresAt: day(2) }, day(2).getTime() - 1)).toBe(true);
  expect(isLive({ expiresAt: day(2) }, day(2).getTime())).toBe(false);
  expect(isLive({ expiresAt: null }, day(2).getTime())).toBe(true);
});
