import { describe, expect, it } from '@jest/globals';
import { allowedPerSecond, FULL_SPEED, halved, recovered } from './slow-down.js';

describe('the slow-down after SES has throttled', () => {
  it('halves once for all sends that went before it', () => {
    const once = halved(FULL_SPEED, 0, 100, 100);
    expect(allowedPerSecond(once, 100)).toBe(50);
    expect(halved(once, 0, 100, 100)).toBe(once);
    expect(allowedPerSecond(halved(once, 1, 100, 100), 100)).toBe(25);
  });

  it('comes back by a twentieth of the rate a second, and no further than all of it', () => {
    const slow = halved(FULL_SPEED, 0, 100, 100);
    expect(allowedPerSecond(recovered(slow, 100, 4), 100)).toBeCloseTo(70);
    expect(allowedPerSecond(recovered(slow, 100, 60), 100)).toBe(100);
  });

  it('never stops the mail', () => {
    let slow = FULL_SPEED;
    for (let times = 0; times < 100; times++) slow = halved(slow, slow.generation, 14, 14);
    expect(allowedPerSecond(slow, 14)).toBe(0.5);
    expect(allowedPerSecond(slow, 0.2)).toBe(0.2);
  });

  it('takes the pace at which SES throttled for the rate where none is known, and forgets it in time', () => {
    expect(allowedPerSecond(FULL_SPEED, null)).toBeNull();
    const slow = halved(FULL_SPEED, 0, null, 80);
    expect(allowedPerSecond(slow, null)).toBe(40);
    expect(allowedPerSecond(recovered(slow, null, 20), null)).toBeCloseTo(120);
    expect(allowedPerSecond(recovered(slow, null, 200), null)).toBeNull();
    expect(recovered(slow, 100, 1)).toMatchObject({ learnt: null });
  });
});
