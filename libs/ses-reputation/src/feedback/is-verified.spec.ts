import { describe, expect, it } from '@jest/globals';
import { isVerified } from './is-verified.js';

const VERIFIED = new Set(['example.com', 'ann@example.org', 'xn--bcher-kva.example']);

describe('isVerified', () => {
  it.each([
    ['bob@example.com', true],
    ['bob@mail.eu.example.com', true],
    ['ann@example.org', true],
    ['bob@example.org', false],
    ['ann@mail.example.org', false],
    ['bob@notexample.com', false],
    ['bob@com', false],
    ['"a@b.example.com"@other.example', false],
    ['x@xn--bcher-kva.example', true],
    [null, false],
  ])('of %s is %s', (key, expected) => {
    expect(isVerified(key, VERIFIED)).toBe(expected);
  });

  it('is never true where nothing is verified', () => {
    expect(isVerified('bob@example.com', new Set())).toBe(false);
  });
});
