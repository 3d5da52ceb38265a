import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventDelivery } from './event-delivery.js';
import { SesEventBus } from './ses-event-bus.js';

Logger.overrideLogger(false);
const NAME = 'ses.feedback.subscribed';
const payload = { id: '1' };

function deliveryOf(listenerMs = 60_000) {
  const emitter = new EventEmitter2({ wildcard: true });
  return { emitter, delivery: new EventDelivery(new SesEventBus(emitter), listenerMs) };
}

describe('EventDelivery', () => {
  it('has delivered what nobody listens to', async () => {
    expect(await deliveryOf().delivery.attempt('1', NAME, payload)).toBeNull();
  });

  it('calls again only those who failed, by name, by wildcard and of everything', async () => {
    const { emitter, delivery } = deliveryOf();
    const heard = jest.fn();
    let failures = 2;
    const flaky = jest.fn(() => {
      if (failures-- > 0) throw new Error('not now');
    });
    const rejecting = jest.fn<(...heard: unknown[]) => Promise<void>>(() =>
      failures > 0 ? Promise.reject(new Error('not yet')) : Promise.resolve(),
    );
    emitter.on(NAME, heard);
    emitter.on('ses.**', flaky);
    emitter.onAny(rejecting);
    expect(await delivery.attempt('1', NAME, payload)).toMatch(/not now/);
    expect(await delivery.attempt('1', NAME, payload)).toMatch(/not now/);
    expect(await delivery.attempt('1', NAME, payload)).toBeNull();
    expect([heard, flaky, rejecting].map(({ mock }) => mock.calls.length)).toEqual([1, 3, 2]);
    expect(heard).toHaveBeenCalledWith(payload);
    expect(rejecting).toHaveBeenCalledWith(NAME, payload);
    // It is forgotten: the same id is a new event.
    await delivery.attempt('1', NAME, payload);
    expect(heard).toHaveBeenCalledTimes(2);
  });

  it('does not call again who is still at it, and takes what it comes to', async () => {
    const { emitter, delivery } = deliveryOf(20);
    let finish: (() => void) | undefined;
    const slow = jest.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const quick = jest.fn();
    emitter.on(NAME, slow);
    emitter.on(NAME, quick);
    expect(await delivery.attempt('1', NAME, payload)).toMatch(/not settled within 20 ms/);
    expect(await delivery.attempt('1', NAME, payload)).toMatch(/not settled within 20 ms/);
    const third = delivery.attempt('1', NAME, payload);
    finish!();
    expect(await third).toBeNull();
    expect([slow.mock.calls.length, quick.mock.calls.length]).toEqual([1, 1]);
  });

  it('knows who finished between two attempts, and calls who failed late', async () => {
    const { emitter, delivery } = deliveryOf(20);
    const settle: Record<string, () => void> = {};
    const late = jest.fn(() => new Promise<void>((resolve) => (settle.late = resolve)));
    const failing = jest.fn(
      () => new Promise<void>((_, reject) => (settle.failing = () => reject(new Error('at last')))),
    );
    emitter.on(NAME, late);
    emitter.on(NAME, failing);
    await delivery.attempt('1', NAME, payload);
    settle.late!();
    settle.failing!();
    await new Promise(setImmediate);
    emitter.off(NAME, failing);
    const again = jest.fn();
    emitter.on(NAME, again);
    expect(await delivery.attempt('1', NAME, payload)).toBeNull();
    expect([late, failing, again].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
  });

  it('calls a listener twice that was added twice', async () => {
    const { emitter, delivery } = deliveryOf();
    const listener = jest.fn();
    emitter.on(NAME, listener);
    emitter.on(NAME, listener);
    expect(await delivery.attempt('1', NAME, payload)).toBeNull();
    expect(listener).toHaveBeenCalledTimes(2);
  });
});
