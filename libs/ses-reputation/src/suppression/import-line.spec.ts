import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_COLUMNS, readHeader, readLine, type ImportColumns } from './import-line.js';
import { LONGEST_LINE } from './import-records.js';

describe('readLine', () => {
  it.each([
    ['ann@example.com', { address: 'ann@example.com' }],
    ['"Smith, Ann" <ann@example.com>', { address: '"Smith, Ann" <ann@example.com>' }],
    ['a@example.com,BOUNCE', { address: 'a@example.com', reason: 'hard-bounce' }],
    ['a@example.com,COMPLAINT', { address: 'a@example.com', reason: 'complaint' }],
    ['a@example.com,Hard Bounce', { address: 'a@example.com', reason: 'hard-bounce' }],
    ['a@example.com;manual;2026-05-01', { address: 'a@example.com', reason: 'manual', since: '2026-05-01' }],
    ['a@example.com\tmanual', { address: 'a@example.com', reason: 'manual' }],
    ['"a@example.com" , "manual"', { address: 'a@example.com', reason: 'manual' }],
    ['"""a b""@example.com",manual', { address: '"a b"@example.com', reason: 'manual' }],
    ['a@example.com,,2026-05-01', { address: 'a@example.com', since: '2026-05-01' }],
    ['a@example.com,manual,,more,columns', { address: 'a@example.com', reason: 'manual' }],
    ['"a@example.com', 'a quoted field does not end on its line'],
    ['" a;b, "; a@example.com', { address: 'a;b,', reason: 'a@example.com' }],
    ['x'.repeat(LONGEST_LINE), `a line has less than ${LONGEST_LINE} characters`],
  ])('reads %s', (line, item) => expect(readLine(line, DEFAULT_COLUMNS)).toEqual(item));
});

describe('readHeader', () => {
  it.each([
    ['email', ['address']],
    ['Email Address,Reason,"Last Update Time"', ['address', 'reason', 'since']],
    ['reason;stream;e-mail;name;expires_at', ['reason', 'scope', 'address', null, 'expiresAt']],
    ['ann@example.com,address', null],
    ['reason,since', null],
    ['"email', null],
  ])('reads %s', (line, columns) => expect(readHeader(line)).toEqual(columns));

  it('reads any number of quotes in one go', () => {
    const quotes = '"'.repeat(16_000);
    expect(readLine(`"${quotes}x`, DEFAULT_COLUMNS)).toBe('a quoted field does not end on its line');
    expect(readLine(`${quotes}x,manual`, DEFAULT_COLUMNS)).toEqual({
      address: `${'"'.repeat(7_999)}x`,
      reason: 'manual',
    });
    expect(readHeader(`${quotes}x`)).toBeNull();
    expect(readHeader('email,'.repeat(4_000_000))).toBeNull();
  });

  it('finds the fields again, whatever they hold, between any delimiters', () => {
    const field = fc
      .string({ unit: fc.constantFrom(...'a",;\t x'), maxLength: 8 })
      .map((text) => text.trim());
    const delimiter = fc.constantFrom(',', ';', '\t');
    fc.assert(
      fc.property(fc.array(field, { minLength: 2, maxLength: 6 }), delimiter, (fields, between) => {
        const line = ['"x"', ...fields.map((text) => `"${text.replaceAll('"', '""')}"`)].join(between);
        const columns: ImportColumns = ['address', ...fields.map((_, i) => (i === 0 ? 'note' : null))];
        expect(readLine(line, columns)).toEqual({ address: 'x', ...(fields[0] && { note: fields[0] }) });
      }),
    );
  });

  it('puts the fields of a line where the header says', () => {
    const columns = readHeader('reason,note,email')!;
    expect(readLine('manual,"by phone, twice",a@example.com', columns)).toEqual({
      address: 'a@example.com',
      reason: 'manual',
      note: 'by phone, twice',
    });
  });
});
