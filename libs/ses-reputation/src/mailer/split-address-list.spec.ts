import { describe, expect, it } from '@jest/globals';
import { splitAddressList } from './split-address-list.js';

describe('splitAddressList', () => {
  it.each([
    ['ann@example.com', ['ann@example.com']],
    ['Ann <ann@example.com>, bob@example.com', ['Ann <ann@example.com>', 'bob@example.com']],
    ['ann@example.com; bob@example.com', ['ann@example.com', 'bob@example.com']],
    ['"Smith, Ann" <ann@example.com>', ['"Smith, Ann" <ann@example.com>']],
    ['"a,b"@example.com, c@example.com', ['"a,b"@example.com', 'c@example.com']],
    ['Ann <"a,b"@example.com>, c@example.com', ['Ann <"a,b"@example.com>', 'c@example.com']],
    [
      'ann@example.com (home, not work), b@example.com',
      ['ann@example.com (home, not work)', 'b@example.com'],
    ],
    ['"x\\", y" <x@example.com>', ['"x\\", y" <x@example.com>']],
    [
      'team: a@example.com, b@example.com; c@example.com',
      ['a@example.com', 'b@example.com', 'c@example.com'],
    ],
    ['undisclosed-recipients:;', []],
    [' , ,', []],
    ['a@example.com b@example.com', ['a@example.com b@example.com']],
  ])('%s', (text, pieces) => {
    expect(splitAddressList(text)).toEqual(pieces);
  });
});
