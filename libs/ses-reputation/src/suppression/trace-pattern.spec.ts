import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAddrSpec } from '../address/addr-spec.js';
import { tracePattern, traceProbe } from './trace-pattern.js';

const erase = (text: string, address: string) =>
  text.replace(tracePattern(parseAddrSpec(address)!), '[erased]');
const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

const finds = (text: string, address: string) => expect(erase(text, address)).toBe('<[erased]>');

describe('tracePattern', () => {
  it.each([
    ['smtp; 550 <Ann@EXAMPLE.com>: gone', 'smtp; 550 <[erased]>: gone'],
    ['{"to":["ann@example.com","bob@example.com"]}', '{"to":["[erased]","bob@example.com"]}'],
    ['{"to":"Hi\\nann@example.com\\n"}', '{"to":"Hi\\n[erased]\\n"}'],
    ['{"to":"\\u003cann\\u0040example.com\\u003e"}', '{"to":"\\u003c[erased]\\u003e"}'],
    ['{"to":"\\"Ann\\"@example.com"}', '{"to":"[erased]"}'],
    ['https://example.org/?a=%3Cann%40example.com%3E&b=1', 'https://example.org/?a=%3C[erased]%3E&b=1'],
    ['?email=ann@example.com', '?email=[erased]'],
    ['bounce+ann=example.com@lists.example.org', 'bounce+[erased]@lists.example.org'],
    ['Gone: ann@example.com.', 'Gone: [erased].'],
    ['?next=%2Fa%3Fe%3Dann%2540example.com', '?next=%2Fa%3Fe%3D[erased]'],
    ['e=%253Cann%252540example.com%253E', 'e=%253C[erased]%253E'],
    ['&lt;ann&#64;example.com&gt; ann&#x0040;example.com', '&lt;[erased]&gt; [erased]'],
    ['To: =3Cann=40example.com=3E', 'To: =3C[erased]=3E'],
    ['{"x":"{\\"to\\":\\"ann\\\\u0040example.com\\"}"}', '{"x":"{\\"to\\":\\"[erased]\\"}"}'],
    ['{"x":"ann\\\\\\\\u0040example.com"}', '{"x":"[erased]"}'],
    ['ann (at work) @ example.com, ann @ (home)\r\n example.com', '[erased], [erased]'],
    ['ann%20%40%20example.com', '[erased]'],
  ])('erases from %s', (text, erased) => expect(erase(text, 'ann@example.com')).toBe(erased));

  it.each([
    'joann@example.com',
    'ann+shop@example.com and shop+ann@example.com',
    'a.ann@example.com, jo-ann@example.com, _ann@example.com',
    'ann@example.com.au',
    'ann@example.community',
    'ann@mail.example.com',
    'zoéann@example.com',
    '?email=deann@example.com',
    '{"a":"ann (","b":") @example.com"}',
  ])('leaves other mailboxes alone: %s', (text) => expect(erase(text, 'ann@example.com')).toBe(text));

  it('knows both spellings of a domain, and of what is quoted', () => {
    const text = 'a@exämple.com A@XN--EXMPLE-CUA.COM {"x":"a@ex\\u00e4mple.com"} a@exa\u0308mple.com';
    expect(erase(text, 'a@exämple.com')).toBe('[erased] [erased] {"x":"[erased]"} [erased]');
    expect(erase(JSON.stringify({ x: '<"a b\\"c"@example.com>' }), '"a b\\"c"@example.com')).toBe(
      '{"x":"<[erased]>"}',
    );
  });

  it('knows what is encoded of a local part with characters that encodings use', () => {
    finds('<ann%2Bshop%40example.com>', 'ann+shop@example.com');
    finds('<ann%252Bshop%2540example.com>', 'ann+shop@example.com');
    finds('<ann=2Bshop=40example.com>', 'ann+shop@example.com');
    finds('<ann&#43;shop&#64;example.com>', 'ann+shop@example.com');
    finds('<a&amp;b=c@example.com>', 'a&b=c@example.com');
    finds('<a\\u0026b=c\\u0040example.com>', 'a&b=c@example.com');
    finds('<a%2526b%253Dc%2540example.com>', 'a&b=c@example.com');
    finds('<a%25b%40example.com>', 'a%b@example.com');
    finds('<ann%5c%5c%5cb@example.com>', 'ann%5c%5c%5cb@example.com');
    finds('<a=26b=3Dc=40example.com>', 'a&b=c@example.com');
  });

  it.each([
    'ann',
    '+'.repeat(60),
    '"' + '\\\\'.repeat(30) + '"',
    '%5c'.repeat(20),
    '=3d'.repeat(20),
    '"a b\\"c"',
  ])('reads every text in one go: %s', (localPart) => {
    const address = `${localPart}@example.com`;
    const pattern = tracePattern(parseAddrSpec(address)!);
    // Every repetition is bounded, but for the backslashes before a quote, read from the first of a row only.
    const bounded = pattern.source.replace(String.raw`(?<!\\)\\*"`, '');
    const plain = bounded.replace(/\\./gs, 'x').replace(/\[[^\]]*\]/g, 'x');
    expect(plain).not.toMatch(/[*+]|\{\d+,\}/);

    const parts = [
      '\\',
      '\\u002b',
      '\\\\\\\\u002b',
      '\\\\+',
      '%5c',
      '%5c+',
      '=3d',
      '"',
      '(',
      'ann (',
      'ann ',
      '+',
      '\\"',
    ];
    for (const part of parts) {
      const hostile = part.repeat(Math.ceil(100_000 / part.length));
      expect(erase(hostile, address)).toBe(hostile);
      expect(erase(`${hostile} ${address}`, address)).toBe(`${hostile} [erased]`);
    }
  });

  const local = fc.string({
    unit: fc.constantFrom(...'abzAZ019._+-!#$%&*/=?^{|}~ ()"\\\'é漢😀@'),
    minLength: 1,
    maxLength: 12,
  });
  const written = local.map((text) => `${quote(text)}@exämple.com`);

  it('finds an address as itself, in JSON and in a link, and leaves the JSON whole', () => {
    fc.assert(
      fc.property(written, (address) => {
        fc.pre(parseAddrSpec(address) !== null);
        expect(erase(`to <${address}>`, address)).toBe('to <[erased]>');
        expect(JSON.parse(erase(JSON.stringify([`<${address}>`, address]), address))).toEqual([
          '<[erased]>',
          '[erased]',
        ]);
        expect(erase(`?a=${encodeURIComponent(address)}`, address)).not.toContain('%40ex');
      }),
    );
  });

  it('has a probe that every such text holds', () => {
    fc.assert(
      fc.property(written, (address) => {
        fc.pre(parseAddrSpec(address) !== null);
        const probe = traceProbe(parseAddrSpec(address)!);
        for (const text of [address, JSON.stringify(address), encodeURIComponent(address)]) {
          if (probe !== null) expect(text.toLowerCase()).toContain(probe);
        }
      }),
    );
  });
});
