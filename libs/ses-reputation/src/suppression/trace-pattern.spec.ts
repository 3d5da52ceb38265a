import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAddrSpec } from '../address/addr-spec.js';
import { tracePattern, traceProbe } from './trace-pattern.js';

const erase = (text: string, address: string) =>
  text.replace(tracePattern(parseAddrSpec(address)!), '[erased]');
const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

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
  ])('erases from %s', (text, erased) => expect(erase(text, 'ann@example.com')).toBe(erased));

  it.each([
    'joann@example.com',
    'ann+shop@example.com and shop+ann@example.com',
    'a.ann@example.com, jo-ann@example.com, _ann@example.com',
    'ann@example.com.au',
    'ann@example.community',
    'ann@mail.example.com',
    'zoéann@example.com',
  ])('leaves other mailboxes alone: %s', (text) => expect(erase(text, 'ann@example.com')).toBe(text));

  it('knows both spellings of a domain, and of what is quoted', () => {
    const text = 'a@exämple.com A@XN--EXMPLE-CUA.COM {"x":"a@ex\\u00e4mple.com"} a@exa\u0308mple.com';
    expect(erase(text, 'a@exämple.com')).toBe('[erased] [erased] {"x":"[erased]"} [erased]');
    expect(erase(JSON.stringify({ x: '<"a b\\"c"@example.com>' }), '"a b\\"c"@example.com')).toBe(
      '{"x":"<[erased]>"}',
    );
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
