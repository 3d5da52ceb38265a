import { describe, expect, it } from '@jest/globals';
import { TimeLimitError, withinTime } from './within-time.js';

const open = new AbortController().signal;

describe('withinTime', () => {
  it('gives what the work gives, and its error', async () => {
    expect(await withinTime(60_000, open, async () => 7)).toBe(7);
    await expect(withinTime(60_000, open, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('ends work that never does, and aborts its signal', async () => {
    let signal: AbortSignal | undefined;
    const hanging = withinTime(20, open, (given) => {
      signal = given;
      return new Promise(() => undefined);
    });
    await expect(hanging).rejects.toThrow(TimeLimitError);
    expect(signal!.aborted).toBe(true);
  });

  it('ends at once when it closes, and begins nothing after that', async () => {
    const closing = new AbortController();
    const hanging = withinTime(600_000, closing.signal, () => new Promise(() => undefined));
    closing.abort(new Error('closed'));
    await expect(hanging).rejects.toThrow('closed');
    let begun = false;
    const late = withinTime(600_000, closing.signal, async () => {
      begun = true;
    });
    await expect(late).rejects.toThrow('closed');
    expect(begun).toBe(false);
  });
});
