import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pageOf } from './paging.js';

const sorted = (keys: string[]) => [...new Set(keys)].toSorted();

function readAll(keys: string[], pageSize: number, between: (page: string[]) => void = () => {}): string[] {
  const read: string[] = [];
  let NextToken: string | undefined;
  do {
    const result = pageOf(keys, { NextToken, PageSize: String(pageSize) });
    read.push(...result.page);
    NextToken = result.NextToken;
    between(result.page);
  } while (NextToken);
  return read;
}

describe('pageOf', () => {
  it('gives every key once, whatever the page size', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 7 }), (keys, size) => {
        expect(readAll(sorted(keys), size)).toEqual(sorted(keys));
      }),
    );
  });

  it('skips nothing when each page is deleted after it was read', () => {
    const keys = sorted(Array.from({ length: 25 }, (_, index) => `user${index}@example.com`));
    const all = [...keys];
    expect(readAll(keys, 4, (page) => void keys.splice(0, page.length))).toEqual(all);
  });

  it.each(['0', '1001', '1.5', 'many'])('refuses the page size %s', (PageSize) => {
    expect(() => pageOf([], { PageSize })).toThrow('PageSize must be between 1 and 1000.');
  });

  it('refuses a token it did not give', () => {
    expect(() => pageOf(['a'], { NextToken: 'abc' })).toThrow('The specified NextToken is not valid.');
  });
});
