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

  it('lets a message to many go beside a trickle of critical mail, and beside one of normal mail', async () => {
    for (const [trickle, many] of [
      ['critical', 'normal'],
      ['normal', 'bulk'],
    ] as const) {
      for (const emails of [9, 50]) {
        const from = gone.length;
        const sending = setInterval(() => send('little', trickle), 300);
        send('little', trickle);
        send(`to ${emails}`, many, emails);
        send('behind', many);
        await jest.advanceTimersByTimeAsync(30_000);
        clearInterval(sending);
        expect(gone.slice(from)).toEqual(expect.arrayContaining([`to ${emails}`, 'behind']));
        await jest.advanceTimersByTimeAsync(10_000);
      }
    }
  });

  it('lets nothing else go before critical mail that takes all of the rate', async () => {
    send('first', 'critical', 10);
    send('to 50', 'bulk', 50);
    for (let n = 0; n < 300; n++) send('critical', 'critical');
    await jest.advanceTimersByTimeAsync(25_000);
    expect(gone).not.toContain('to 50');
    expect(gone.length).toBeGreaterThan(230);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(gone).toContain('to 50');
  });

  it('has room beside the critical mail that goes, for those who put a call together', () => {
    expect(queue.most('bulk')).toBe(9);
    for (let n = 0; n < 3; n++) send('critical', 'critical');
    expect(queue.most('bulk')).toBe(6);
    expect(queue.most('critical')).toBe(10);
  });

  it('holds none of the many that gave up', () => {
    queue.setRate(0);
    send('first', 'bulk');
    for (let n = 0; n < 10_000; n++) {
      const abort = new AbortController();
      queue.take(1, 'bulk', abort.signal)?.catch(() => undefined);
      abort.abort();
    }
    const { queues } = queue as unknown as { queues: Record<string, unknown[]> };
    expect(queues.bulk!.length).toBeLessThan(2_000);
    expect(queue.waiting()).toEqual({ critical: 0, others: 1 });
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
