import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pageOf } from './paging.js';

const items = (count: number): { sequence: number }[] =>
  Array.from({ length: count }, (_, index) => ({ sequence: index + 1 }));

describe('pageOf', () => {
  it('hands out everything once, a hundred at a time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 450 }), (count) => {
        const all = items(count);
        const seen: { sequence: number }[] = [];
        let token: string | undefined;
        do {
          const page = pageOf(all, token);
          expect(page.items.length).toBeLessThanOrEqual(100);
          seen.push(...page.items);
          token = page.nextToken;
        } while (token);
        expect(seen).toEqual(all);
      }),
    );
  });

  it('goes on after a deletion without skipping or repeating', () => {
    const all = items(150);
    const first = pageOf(all, undefined);
    const left = all.filter(({ sequence }) => sequence > 40 && sequence !== 100);
    expect(pageOf(left, first.nextToken).items).toEqual(all.slice(100));
  });

  it.each(['nonsense', 'YWZ0ZXI6', '100'])('refuses the token %s', (token) => {
    expect(() => pageOf(items(3), token)).toThrow(/NextToken/);
  });
});
