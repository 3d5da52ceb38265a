import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ApiPace } from './api-pace.js';

/** Its time goes on only while somebody waits. */
class VirtualPace extends ApiPace {
  nowMs = 0;

  override async pause(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await nextTurn();
    this.nowMs += ms;
  }

  protected override monotonicMs(): number {
    return this.nowMs;
  }
}

describe('ApiPace', () => {
  it('makes one call at a time, in order, each a second after the answer to the one before', async () => {
    const pace = new VirtualPace();
    const made: [string, number][] = [];
    const call = (name: string, tookMs: number) => () => {
      made.push([name, pace.nowMs]);
      pace.nowMs += tookMs;
      return name === 'b' ? Promise.reject(new Error('b')) : Promise.resolve(name);
    };
    const results = await Promise.allSettled([
      pace.run(call('a', 300)),
      pace.run(call('b', 0)),
      pace.run(call('c', 0)),
    ]);
    expect(made).toEqual([
      ['a', 0],
      ['b', 1_300],
      ['c', 2_300],
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('lets one be made at once, and the others wait for it', async () => {
    const pace = new VirtualPace();
    const made: [string, number][] = [];
    await pace.run(async () => void made.push(['a', pace.nowMs]));
    const waiting = pace.run(async () => void made.push(['b', pace.nowMs]));
    await pace.first(async () => {
      made.push(['first', pace.nowMs]);
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      pace.nowMs += 5_000;
    });
    await waiting;
    expect(made.map(([name]) => name)).toEqual(['a', 'first', 'b']);
    expect(made[2]![1]).toBeGreaterThanOrEqual(6_000);
  });

  it('makes one that waits between others that are made at once every second', async () => {
    const pace = new VirtualPace();
    let made = 0;
    await pace.run(async () => undefined);
    const waiting = pace.run(async () => made);
    for (; made < 20; made++) {
      await pace.first(() => nextTurn());
      await nextTurn();
    }
    expect(await waiting).toBeLessThan(10);
  });

  it('makes no call that was given up while it waited, and goes on with the next', async () => {
    const pace = new VirtualPace();
    const made: string[] = [];
    const ended = new AbortController();
    const first = pace.run(async () => {
      made.push('a');
      ended.abort(new Error('given up'));
    });
    const second = pace.run(async () => void made.push('b'), ended.signal);
    const third = pace.run(async () => void made.push('c'));
    await expect(second).rejects.toThrow('given up');
    await Promise.all([first, third]);
    expect(made).toEqual(['a', 'c']);
  });

  it('rejects with the reason of a signal that ends a pause', async () => {
    const pace = new ApiPace();
    const ended = new AbortController();
    const paused = pace.pause(3_600_000, ended.signal);
    ended.abort(new Error('given up'));
    await expect(paused).rejects.toThrow('given up');
  });
});
