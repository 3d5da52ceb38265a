import { describe, expect, it } from '@jest/globals';
import { StoreGate } from './store-gate.js';

describe('StoreGate', () => {
  it('is open until nothing could be stored, and again once the database answers', async () => {
    let asked = 0;
    const gate = new StoreGate(async () => {
      if (++asked < 2) throw new Error('away');
    }, new AbortController().signal);
    await gate.answers();
    expect(asked).toBe(0);
    gate.failed();
    gate.failed();
    await gate.answers();
    expect(asked).toBe(2);
    await gate.answers();
    expect(asked).toBe(2);
  });

  it('lets everybody go when the application stops', async () => {
    const stopping = new AbortController();
    const gate = new StoreGate(() => Promise.reject(new Error('away')), stopping.signal);
    gate.failed();
    const waiting = gate.answers();
    stopping.abort();
    await waiting;
  });
});
