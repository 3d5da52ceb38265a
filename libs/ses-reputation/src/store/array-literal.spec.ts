import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { arrayLiteral } from './array-literal.js';

const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils.js') as {
  prepareValue(value: unknown): string;
};

describe('arrayLiteral', () => {
  it.each([
    ['plain texts', ['a', 'b c', '']],
    ['what would end or part elements', ['a,b', '{}', 'NULL', 'null']],
    ['quotes and backslashes', ['"', '\\', '\\"', '{"a":"\\\\b"}', 'x\\n']],
    ['line ends and tabs', ['a\nb\t"c"\\', '\r\n', '\u0001', '\u007f']],
    ['characters beyond ASCII', ['é "ü"', '\u2028', '😀 "\\']],
    ['nothing', [null, undefined, 'a']],
    ['no values', []],
  ])('writes %s as the driver does', (_, values) => {
    expect(arrayLiteral(values)).toBe(prepareValue(values));
  });

  it('writes numbers as they are', () => {
    expect(arrayLiteral([1, -2, 1_700_000_000_000, 0.5])).toBe('{1,-2,1700000000000,0.5}');
  });

  it('leaves half of a surrogate pair to the encoding', () => {
    expect(arrayLiteral(['\ud83d"'])).toBe('{"\ud83d\\""}');
  });
});
