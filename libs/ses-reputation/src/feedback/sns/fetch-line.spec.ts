import { describe, expect, it } from '@jest/globals';
import { FetchLine } from './fetch-line.js';

/** A line whose fetches end when a test likes. */
function setUp(patienceMs = 60_000) {
  const line = new FetchLine(patienceMs);
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const outcomes = new Map<string, 'done' | 'refused'>();
  const run = (url: string) =>
    line
      .run(url, async () => {
        started.push(url);
        await new Promise<void>((resolve) => ends.push(resolve));
      })
      .then(
        () => outcomes.set(url, 'done'),
        () => outcomes.set(url, 'refused'),
      );
  const end = async () => {
    ends.shift()!();
    await new Promise(setImmediate);
  };
  return { started, outcomes, run, end };
}

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);

describe('FetchLine', () => {
  it('runs 8 at once, and the others in the order they came', async () => {
    const { started, outcomes, run, end } = setUp();
    const all = names('a', 20);
    const running = Promise.all(all.map(run));
    expect(started).toEqual(all.slice(0, 8));
    for (let n = 0; n < 20; n++) {
      await end();
      expect(started).toEqual(all.slice(0, 9 + n));
    }
    await running;
    expect(new Set(outcomes.values())).toEqual(new Set(['done']));
  });

  it('turns away what is more than 100 in line, and lets it go first when it comes back', async () => {
    const { started, outcomes, run, end } = setUp();
    for (const name of names('forged', 108)) void run(name);
    await run('genuine');
    expect(outcomes).toEqual(new Map([['genuine', 'refused']]));
    for (const name of names('invented', 200)) await run(name);
    void run('genuine');
    await end();
    expect(started.at(-1)).toBe('genuine');
    // Room was made by the newest of those who are new.
    expect(outcomes.get('forged-107')).toBe('refused');
  });

  it('turns away what has waited too long', async () => {
    const { outcomes, run } = setUp(10);
    for (const name of names('a', 8)) void run(name);
    await run('late');
    expect(outcomes.get('late')).toBe('refused');
  });
});
