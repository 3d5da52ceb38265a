import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { GroupCommit, Retraction } from './group-commit.js';

const LIMITS = { group: 100, groupWeight: 1_000, waiting: 100, waitingWeight: 10_000 };
const OUTAGE = new Error('the database is away');

/** A database whose commits end when they are told to, and which refuses what is called "bad". */
function line(limits: Partial<typeof LIMITS> = {}) {
  const tried: string[][] = [];
  const committed: string[] = [];
  const gates: (() => void)[] = [];
  let down = false;
  const group = new GroupCommit<string, string>(
    {
      commit: async (things) => {
        tried.push([...things]);
        await new Promise<void>((resolve) => gates.push(resolve));
        if (down) throw OUTAGE;
        if (things.includes('bad')) throw new TypeError('bad');
        committed.push(...things);
        return things.map((thing) => `${thing}!`);
      },
      isOfOne: (error) => error !== OUTAGE,
      refusal: () => new Error('full'),
    },
    { ...LIMITS, ...limits },
  );
  const open = async () => {
    await nextTurn();
    await nextTurn();
    gates.shift()?.();
    await nextTurn();
  };
  const openAll = async () => {
    const idle = group.idle().then(() => true);
    while (!(await Promise.race([idle, open().then(() => false)])));
  };
  return { group, tried, committed, open, openAll, takeDown: () => (down = true) };
}

describe('GroupCommit', () => {
  it('begins at once with what comes alone, and puts what comes meanwhile into the next group', async () => {
    const { group, tried, open, openAll } = line();
    const first = group.add('a', 1);
    await nextTurn();
    await nextTurn();
    expect(tried).toEqual([['a']]);
    const later = ['b', 'c', 'd'].map((thing) => group.add(thing, 1));
    await nextTurn();
    expect(tried).toHaveLength(1);
    await open();
    expect(await first).toBe('a!');
    await openAll();
    expect(await Promise.all(later)).toEqual(['b!', 'c!', 'd!']);
    expect(tried).toEqual([['a'], ['b', 'c', 'd']]);
  });

  it('settles nobody before its own commit', async () => {
    const { group, open, openAll } = line();
    const settled: string[] = [];
    void group.add('a', 1).then((result) => settled.push(result));
    await nextTurn();
    await nextTurn();
    void group.add('b', 1).then((result) => settled.push(result));
    await nextTurn();
    expect(settled).toEqual([]);
    await open();
    expect(settled).toEqual(['a!']);
    await openAll();
    expect(settled).toEqual(['a!', 'b!']);
  });

  it('fails what is bad alone, and keeps the order of the others', async () => {
    const { group, committed, openAll } = line();
    const things = ['a', 'b', 'bad', 'c', 'd', 'bad', 'e'];
    const ended = Promise.allSettled(things.map((thing) => group.add(thing, 1)));
    await openAll();
    expect((await ended).map(({ status }) => status)).toEqual(
      things.map((thing) => (thing === 'bad' ? 'rejected' : 'fulfilled')),
    );
    expect(committed).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('fails all of a group while the database is away, without trying each', async () => {
    const { group, tried, openAll, takeDown } = line();
    takeDown();
    const ended = Promise.allSettled(['a', 'b', 'c'].map((thing) => group.add(thing, 1)));
    await openAll();
    expect(await ended).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: OUTAGE })));
    expect(tried).toHaveLength(1);
  });

  it('limits a group by number and by weight, but takes what is heavier than that', async () => {
    const { group, tried, openAll } = line({ group: 3, groupWeight: 10 });
    const weights = [1, 1, 1, 1, 6, 6, 50, 1];
    const added = weights.map((weight, n) => group.add(String(n), weight));
    await openAll();
    await Promise.all(added);
    expect(tried).toEqual([['0', '1', '2'], ['3', '4'], ['5'], ['6'], ['7']]);
  });

  it.each([
    ['number', { waiting: 2 }, 1],
    ['weight', { waitingWeight: 10 }, 5],
  ])('refuses what is too much by %s, until there is room again', async (_, limits, weight) => {
    const { group, openAll } = line(limits);
    const kept = [group.add('a', weight), group.add('b', weight)];
    await expect(group.add('c', weight)).rejects.toThrow('full');
    await openAll();
    await Promise.all(kept);
    const again = group.add('c', weight);
    await openAll();
    expect(await again).toBe('c!');
  });

  it('takes back what has not begun, and its place', async () => {
    const { group, committed, openAll } = line({ waiting: 2 });
    const first = group.add('a', 1);
    await nextTurn();
    const late = new Retraction();
    void group.add('b', 1, late);
    late.retract();
    const third = group.add('c', 1);
    await openAll();
    await Promise.all([first, third]);
    expect(committed).toEqual(['a', 'c']);
  });
});
