import { describe, expect, it } from '@jest/globals';
import { pausedByHand, resumedByHand } from './by-hand.js';
import { decide } from './decide.js';
import type { Demand } from './demand.js';
import { inForce, untouched, type StreamGuard } from './stream-guard.js';

const MINUTE = 60_000;
const NOW = Date.UTC(2030, 0, 1);
const AFTER = 15 * MINUTE;
const RULES = {
  probe: { afterMs: AFTER, share: 0.05, volume: 100 },
  limits: {
    bounce: { warning: 0.02, review: 0.05, pause: 0.1 },
    complaint: { warning: 0.0008, review: 0.001, pause: 0.005 },
  },
};
const ANN = { reason: 'a wrong price', actor: 'ann', now: NOW };

function check(guard: StreamGuard, demand: Demand, now: number): StreamGuard {
  return (
    decide(guard, { now, demand, reason: demand, complaints: false, tally: null, letOut: 0 }, RULES)?.next ??
    guard
  );
}

describe('a stream paused by hand', () => {
  it('has no probes, and stays so for as long as nobody resumes it', () => {
    let guard = pausedByHand(untouched('newsletter'), ANN, null);
    expect(guard).toMatchObject({ mode: 'paused', cause: 'manual', reason: 'a wrong price', actor: 'ann' });
    for (let i = 1; i < 1_000; i++)
      guard = check(guard, (['none', 'review', 'pause'] as const)[i % 3]!, NOW + i * AFTER);
    expect(guard).toMatchObject({ mode: 'paused', cause: 'manual', reason: 'a wrong price', actor: 'ann' });
    expect(inForce(guard, NOW + 2_000 * AFTER)).toBe(guard);
  });

  it('opens by the clock at its end, and the check records it', () => {
    const until = new Date(NOW + MINUTE);
    const guard = pausedByHand(untouched('newsletter'), ANN, until);
    expect(inForce(guard, NOW + MINUTE - 1).mode).toBe('paused');
    expect(inForce(guard, NOW + MINUTE)).toMatchObject({ mode: 'open', since: until, until: null });
    expect(check(guard, 'none', NOW + MINUTE)).toMatchObject({ mode: 'open', cause: 'level', actor: null });
  });

  it('stays paused at its end where the account’s level asks for it, and is probed then', () => {
    const held = check(pausedByHand(untouched('newsletter'), ANN, new Date(NOW + MINUTE)), 'review', NOW + 1);
    expect(inForce(held, NOW + MINUTE)).toMatchObject({ mode: 'paused', cause: 'level' });
    const paused = check(held, 'review', NOW + MINUTE);
    expect(paused).toMatchObject({ mode: 'paused', cause: 'level', until: new Date(NOW + MINUTE + AFTER) });
    expect(check(paused, 'review', NOW + MINUTE + AFTER).mode).toBe('probing');
  });

  it('opens when it is resumed; the level decides again', () => {
    const resumed = resumedByHand(pausedByHand(untouched('newsletter'), ANN, null), ANN, AFTER)!;
    expect(resumed).toMatchObject({ mode: 'open', cause: 'manual', until: null });
    expect(check(resumed, 'review', NOW).mode).toBe('paused');
  });

  it('is paused by level when it is resumed in the middle of an incident', () => {
    const held = check(pausedByHand(untouched('newsletter'), ANN, null), 'review', NOW);
    const resumed = resumedByHand(held, ANN, AFTER)!;
    expect(resumed).toMatchObject({ mode: 'paused', cause: 'level', until: new Date(NOW + AFTER) });
    expect(resumedByHand(resumed, ANN, AFTER)).toMatchObject({ mode: 'open' });
  });

  it('gets a new reason and end, and keeps its beginning', () => {
    const first = pausedByHand(untouched('newsletter'), ANN, null);
    const later = { reason: 'still', actor: null, now: NOW + MINUTE };
    const until = new Date(NOW + AFTER);
    expect(pausedByHand(first, later, until)).toMatchObject({
      reason: 'still',
      actor: null,
      since: new Date(NOW),
      until,
      version: 2,
    });
  });
});

describe('a stream paused by level', () => {
  const paused = check(untouched('newsletter'), 'review', NOW);

  it('opens when it is resumed, and stays open as long as the level is no worse', () => {
    const resumed = resumedByHand(paused, ANN, AFTER)!;
    expect(resumed).toMatchObject({ mode: 'open', cause: 'manual', reason: 'a wrong price', actor: 'ann' });
    expect(check(resumed, 'review', NOW + AFTER)).toBe(resumed);
    expect(check(resumed, 'pause', NOW + AFTER).mode).toBe('paused');
    const recovered = check(resumed, 'none', NOW + AFTER);
    expect(recovered.mode).toBe('open');
    expect(check(recovered, 'review', NOW + AFTER).mode).toBe('paused');
  });

  it('opens likewise out of a probe', () => {
    const probing = check(paused, 'review', NOW + AFTER);
    expect(probing.mode).toBe('probing');
    expect(resumedByHand(probing, ANN, AFTER)).toMatchObject({ mode: 'open', memory: { round: null } });
  });

  it('is held by a pause by hand, whatever the account does', () => {
    const held = pausedByHand(paused, ANN, null);
    expect(check(held, 'none', NOW + 10 * AFTER)).toMatchObject({ mode: 'paused', cause: 'manual' });
    expect(held.since).toEqual(paused.since);
  });
});

it('an open stream is not resumed', () => {
  expect(resumedByHand(untouched('newsletter'), ANN, AFTER)).toBeNull();
});
