import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { givingWay, StoppedError } from './giving-way.js';

const never = new AbortController().signal;

describe('givingWay', () => {
  it('rests for as long as its share demands', async () => {
    const giveWay = givingWay({ share: 0.25, mayGoOn: () => true, signal: never });
    let took = 0;
    const began = performance.now();
    const result = await giveWay(async () => {
      const start = performance.now();
      await sleep(20);
      took = performance.now() - start;
      return 'done';
    });
    expect(result).toBe('done');
    // A timer may be a millisecond early.
    expect(performance.now() - began).toBeGreaterThanOrEqual(took * 4 - 2);
  });

  it('begins no step when it may not go on', async () => {
    const giveWay = givingWay({ share: 0.5, mayGoOn: () => false, signal: never });
    let began = false;
    await expect(giveWay(async () => (began = true))).rejects.toThrow(StoppedError);
    expect(began).toBe(false);
  });

  it('ends a rest when it is told to stop, and begins no other step', async () => {
    const stop = new AbortController();
    const giveWay = givingWay({ share: 1e-6, mayGoOn: () => true, signal: stop.signal });
    const step = giveWay(async () => {
      await sleep(2);
      setTimeout(() => stop.abort(), 5);
      return 1;
    });
    await expect(step).resolves.toBe(1);
    await expect(giveWay(async () => 2)).rejects.toThrow(StoppedError);
  });

  it('passes on what a step fails with', async () => {
    const giveWay = givingWay({ share: 0.5, mayGoOn: () => true, signal: never });
    await expect(giveWay(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
