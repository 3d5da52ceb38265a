import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressKey } from './address-key.js';
import { parseAddrSpec, readWritten } from './addr-spec.js';

describe('addressKey', () => {
  it.each([
    ['ann@example.com', 'ann@example.com'],
    ['Ann@EXAMPLE.com', 'ann@example.com'],
    ['ann@example.com.', 'ann@example.com'],
    ['Ann <ANN@example.com>', 'ann@example.com'],
    ['"Doe, Ann" <ann@example.com>', 'ann@example.com'],
    ['"a <b@c.d>" <ann@example.com>', 'ann@example.com'],
    ['"ann"@example.com', 'ann@example.com'],
    ['"a\\nn"@example.com', 'ann@example.com'],
    ['ann(work)@(there)example.com (Ann)', 'ann@example.com'],
    ['ann(a (nested\\) one)) @ example . com', 'ann@example.com'],
    ['ann(x).(y)smith@example(z).com', 'ann.smith@example.com'],
    ['  ann@example.com  ', 'ann@example.com'],
    ['ann@Bücher.example', 'ann@xn--bcher-kva.example'],
    ['ann@XN--BCHER-KVA.example', 'ann@xn--bcher-kva.example'],
    ['ann@example。com', 'ann@example.com'],
    ['a.n.n@example.com', 'a.n.n@example.com'],
    ['ann+tag@example.com', 'ann+tag@example.com'],
    ['"ann smith"@example.com', '"ann smith"@example.com'],
    ['"ann@home"@example.com', '"ann@home"@example.com'],
    ['"ann"."smith"@example.com', 'ann.smith@example.com'],
    ['ännchen@example.com', '\\u{e4}nnchen@example.com'],
    ['ÄNNCHEN@example.com', '\\u{e4}nnchen@example.com'],
  ])('%s -> %s', (given, key) => expect(addressKey(given)).toBe(key));

  it.each([
    '',
    '@',
    'ann',
    'ann@',
    '@example.com',
    'a@b@c.com',
    'a@b.com@c.com',
    'a@b.com, c@d.com',
    'a b@example.com',
    'ann@exa mple.com',
    'ann@-x.com',
    '.ann@example.com',
    'ann.@example.com',
    'a..b@example.com',
    '<ann@example.com',
    'ann@example.com>',
    '<a@b.c> <d@e.f>',
    '"ann@example.com',
    'ann@[127.0.0.1]',
    'ann\r\nBcc: b@example.com@x.com',
    `${'a'.repeat(65)}@example.com`,
    'ann@example..com',
    'ann(x@example.com',
    'ann@example.com\tmanual',
    'ann@exam\nple.com',
    'ann@example.com/x',
    'ann@ex%61mple.com',
    'ann@example\\.com',
    '"ann "@example.com',
    '" ann"@example.com',
    '"\\ ann"@example.com',
    '" "@example.com',
    'ann(x)a@example.com',
    'ann(x)"a"@example.com',
    'ann@exa(x)mple.com',
  ])('refuses %j', (given) => expect(addressKey(given)).toBeNull());

  it('is a fixed point: a key is its own key', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.boolean(), (address, upper) => {
        const key = addressKey(upper ? address.toUpperCase() : address);
        expect(key).not.toBeNull();
        expect(addressKey(key!)).toBe(key);
      }),
    );
  });

  it('reads plain addresses as it reads all others', () => {
    const part = fc.string({
      unit: fc.constantFrom('a', 'B', '1', '-', '_', '.', '+', 'xn--', '@'),
      maxLength: 70,
    });
    const label = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '_', 'xn--'), maxLength: 70 });
    const domain = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'));
    const address = fc.tuple(part, domain).map(([local, domain]) => `${local}@${domain}`);
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), address, part), (text) => {
        expect(parseAddrSpec(text)).toEqual(readWritten(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => void parseAddrSpec(text)));
    expect(parseAddrSpec('('.repeat(1900))).toBeNull();
  });
});
