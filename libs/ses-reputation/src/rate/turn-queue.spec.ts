import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StreamPriority } from '../options/ses-reputation-options.js';
import { TurnQueue } from './turn-queue.js';

describe('TurnQueue', () => {
  let queue: TurnQueue;
  let gone: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    queue = new TurnQueue(0.1, null);
    queue.setRate(10);
    gone = [];
  });
  afterEach(() => void jest.useRealTimers());

  function send(name: string, priority: StreamPriority, emails = 1): void {
    const waiting = queue.take(emails, priority);
    if (waiting)
      waiting.then(
        () => gone.push(name),
        (error: Error) => gone.push(`${name}: ${error.message}`),
      );
    else gone.push(name);
  }

  it('lets go what fits at once, without a promise', () => {
    for (let n = 0; n < 10; n++) expect(queue.take(1, 'critical')).toBeUndefined();
    expect(queue.take(1, 'critical')).toBeInstanceOf(Promise);
  });

  it('keeps the last part of each second for critical mail', async () => {
    for (let n = 0; n < 12; n++) send(`bulk ${n}`, 'bulk');
    expect(gone).toHaveLength(9);
    send('critical', 'critical');
    expect(gone.at(-1)).toBe('critical');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(gone).toHaveLength(13);
  });

  it('lets critical mail go first, then normal, then bulk, and of each what came first', async () => {
    for (let n = 0; n < 10; n++) send('first', 'critical');
    send('bulk 1', 'bulk');
    send('normal 1', 'normal');
    send('bulk 2', 'bulk');
    send('critical 1', 'critical');
    send('normal 2', 'normal');
    send('critical 2', 'critical');
    await jest.advanceTimersByTimeAsync(5_000);
    const order = ['critical 1', 'critical 2', 'normal 1', 'normal 2', 'bulk 1', 'bulk 2'];
    expect(gone.slice(10)).toEqual(order);
  });

  it('lets nothing pass by mail that waits, though it would fit', async () => {
    for (let n = 0; n < 6; n++) send('first', 'critical');
    send('many', 'critical', 8);
    send('small', 'critical');
    send('bulk', 'bulk');
    expect(gone).toHaveLength(6);
    await jest.advanceTimersByTimeAsync(3_000);
    expect(gone.slice(6)).toEqual(['many', 'small', 'bulk']);
  });

  it('tells what waits and what went', () => {
    for (let n = 0; n < 12; n++) send('critical', 'critical');
    send('bulk', 'bulk', 3);
    expect(queue.takeAdmitted()).toEqual({ critical: 10, others: 0 });
    expect(queue.takeAdmitted()).toEqual({ critical: 0, others: 0 });
    expect(queue.waiting()).toEqual({ critical: 2, others: 3 });
  });

  it('goes on when the rate rises, and waits at a rate of none', async () => {
    queue.setRate(0);
    send('a', 'bulk');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(gone).toEqual([]);
    queue.setRate(5);
    await jest.advanceTimersByTimeAsync(1);
    expect(gone).toEqual(['a']);
    queue.setRate(null);
    for (let n = 0; n < 1_000; n++) send('free', 'bulk');
    expect(gone).toHaveLength(1_001);
  });

  it('refuses what has waited for too long, and only that', async () => {
    queue = new TurnQueue(0.1, 1_500);
    queue.setRate(1);
    for (const name of ['a', 'b', 'c']) send(name, 'critical');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(gone).toEqual(['a', 'b', 'c: the message has waited for its turn for rate.maxWaitMs']);
    expect(queue.isWaiting).toBe(false);
  });

  it('refuses what waits when it closes, and holds up nothing after that', async () => {
    for (let n = 0; n < 11; n++) send('a', 'critical');
    queue.close();
    await jest.advanceTimersByTimeAsync(0);
    expect(gone.at(-1)).toMatch(/^a: the application closes/);
    send('last', 'bulk');
    expect(gone.at(-1)).toBe('last');
  });
});
