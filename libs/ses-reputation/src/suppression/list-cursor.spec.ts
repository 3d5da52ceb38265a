import { expect, it } from '@jest/globals';
import { readCursor, writeCursor } from './list-cursor.js';

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

it('reads the cursor it wrote', () => {
  const position = { key: '"a b"@example.com', scope: '*' };
  expect(readCursor(writeCursor(position))).toEqual(position);
});

it.each([
  '',
  'nonsense',
  encoded(['a@example.com']),
  encoded(['a@example.com', '']),
  encoded(['a\u0000', '*']),
  encoded(['\ud800', '*']),
  encoded([1, '*']),
  encoded(null),
  7,
])('refuses %j', (cursor) => {
  expect(() => readCursor(cursor)).toThrow(expect.objectContaining({ code: 'SES_INVALID_PAGE' }));
});
