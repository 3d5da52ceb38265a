import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { importRecords, LONGEST_LINE, type ImportSource } from './import-records.js';

async function records(source: ImportSource) {
  const all = [];
  for await (const record of importRecords(source)) all.push(record);
  return all;
}

function cut<T extends string | Uint8Array>(whole: T, at: number[]): T[] {
  const ends = [...at.map((n) => n % (whole.length + 1)), whole.length].toSorted((a, b) => a - b);
  return ends.map((end, i) => whole.slice(ends[i - 1] ?? 0, end) as T);
}

describe('importRecords', () => {
  const line = fc.string({ unit: fc.constantFrom('a', '@', ',', 'é', '漢', '😀'), minLength: 1 });
  const cuts = fc.array(fc.nat(), { maxLength: 8 });

  it('gives the lines of a file, wherever its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        cuts,
        async (lines, newline, ends, at) => {
          const bytes = Buffer.from(lines.join(newline) + (ends && lines.length ? newline : ''));
          expect(await records(cut(new Uint8Array(bytes), at))).toEqual(lines);
        },
      ),
    );
  });

  it('gives the lines of text in chunks, and of one text', async () => {
    expect(await records('a@example.com\nb@example.com\n')).toEqual(['a@example.com', 'b@example.com']);
    expect(await records(['a@example.com\nb@exam', 'ple.com\r', '\nc@example.com'])).toEqual([
      'a@example.com',
      'b@example.com',
      'c@example.com',
    ]);
  });

  it('takes texts without line breaks for a line each, and passes items on', async () => {
    const item = { address: 'c@example.com' };
    expect(await records(['a@example.com', 'b@example.com', item])).toEqual([
      'a@example.com',
      'b@example.com',
      item,
    ]);
  });

  it('counts empty lines', async () => {
    expect(await records(Buffer.from('a\r\n\r\n\nb\r\r'))).toEqual(['a', '', '', 'b', '']);
  });

  it('does not keep a file without line breaks in memory', async () => {
    const chunk = Buffer.alloc(10_000, 'a');
    const [first, ...others] = await records([chunk, chunk, chunk, Buffer.from('\nb')]);
    expect((first as string).length).toBe(LONGEST_LINE);
    expect(others).toEqual(['b']);
  });
});
