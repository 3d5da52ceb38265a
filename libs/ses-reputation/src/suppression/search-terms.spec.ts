import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressKey } from '../address/address-key.js';
import { containing, searchTerms } from './search-terms.js';

describe('searchTerms', () => {
  it.each([
    ['ANN@Exam', ['ann@exam']],
    ['Ann <Ann@Example.com.>', expect.arrayContaining(['ann@example.com'])],
    ['@exämple.com', ['@ex\\u{e4}mple.com', '@xn--exmple-cua.com']],
    ['\u00c9mile', ['\\u{e9}mile', 'xn--mile-9oa']],
    ['E\u0301mile', ['\\u{e9}mile', 'xn--mile-9oa']],
    ['a\u0000', ['a\\u{0}']],
    ['   ', []],
  ])('looks for %j in keys', (search, terms) => expect(searchTerms(search)).toEqual(terms));

  it('finds every address by any part of it', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'B', '1', '_', '+', 'é', '漢'),
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(word, fc.nat(), fc.nat(), (local, from, length) => {
        const address = `${local}@example.com`;
        const start = from % address.length;
        const part = address.slice(start, start + 1 + (length % (address.length - start)));
        const key = addressKey(address)!;
        expect(searchTerms(part).some((term) => key.includes(term))).toBe(true);
      }),
    );
  });
});

it('takes LIKE wildcards for what they are', () => {
  expect(containing('a_b%c!d\\')).toBe('%a!_b!%c!!d\\%');
});
