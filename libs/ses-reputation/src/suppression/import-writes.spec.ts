import { describe, expect, it } from '@jest/globals';
import { ImportWrites } from './import-writes.js';

/** Batches that end when a test says so. */
function setUp(atOnce: number) {
  const begun: string[] = [];
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const writes = new ImportWrites<{ key: string }>((batch) => {
    begun.push(batch.map(({ key }) => key).join(''));
    return new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
  }, atOnce);
  const add = (keys: string, signal?: AbortSignal) =>
    writes.add(
      [...keys].map((key) => ({ key })),
      signal,
    );
  return { writes, begun, ends, add };
}

const turn = () => new Promise(setImmediate);

describe('ImportWrites', () => {
  it('writes so many at once, and no more', async () => {
    const { writes, begun, ends, add } = setUp(2);
    await add('ab');
    await add('cd');
    const third = add('ef');
    await turn();
    expect(begun).toEqual(['ab', 'cd']);
    ends[1]!.resolve();
    await third;
    expect(begun).toEqual(['ab', 'cd', 'ef']);
    ends[0]!.resolve();
    ends[2]!.resolve();
    await writes.idle();
  });

  it('writes none beside another that names the same address', async () => {
    const { writes, begun, ends, add } = setUp(2);
    await add('ab');
    const second = add('cb');
    await turn();
    expect(begun).toEqual(['ab']);
    ends[0]!.resolve();
    await second;
    expect(begun).toEqual(['ab', 'cb']);
    ends[1]!.resolve();
    await writes.idle();
  });

  it('begins none after one that failed, and tells why', async () => {
    const { writes, begun, ends, add } = setUp(2);
    await add('a');
    await add('b');
    const third = add('c');
    ends[0]!.reject(new Error('full'));
    await expect(third).rejects.toThrow('full');
    ends[1]!.resolve();
    await writes.idle();
    expect(() => writes.throwIfFailed()).toThrow('full');
    expect(begun).toEqual(['a', 'b']);
  });

  it('begins none that was waiting when it was aborted', async () => {
    const { writes, begun, ends, add } = setUp(1);
    const controller = new AbortController();
    await add('a');
    const second = add('b', controller.signal);
    controller.abort(new Error('enough'));
    ends[0]!.resolve();
    await expect(second).rejects.toThrow('enough');
    await writes.idle();
    expect(begun).toEqual(['a']);
  });
});
