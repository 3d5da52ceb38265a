import { describe, expect, it } from '@jest/globals';
import { dimensionsOf, kindOf, type MailParts } from './dimension.js';

describe('dimensionsOf', () => {
  it.each<[MailParts, string[]]>([
    [{ stream: null, domain: 'gmail.com', configurationSet: 'main' }, ['account']],
    [{ stream: 'news', domain: null }, ['account', 'stream:news']],
    [
      { stream: 'news', domain: 'googlemail.com', configurationSet: null },
      ['account', 'stream:news', 'domain:googlemail.com', 'provider:gmail'],
    ],
    [
      { stream: 'news', domain: 'example.com', configurationSet: 'main' },
      ['account', 'stream:news', 'domain:example.com', 'provider:(other)', 'configuration-set:main'],
    ],
  ])('of %j', (parts, dimensions) => {
    expect(dimensionsOf(parts)).toEqual(dimensions);
  });
});

describe('kindOf', () => {
  it.each([
    ['account', null],
    ['domain:a.example', 'domain'],
    ['configuration-set:main', 'configuration-set'],
    ['stream:(other)', 'stream'],
  ])('of %s is %s', (dimension, kind) => {
    expect(kindOf(dimension)).toBe(kind);
  });
});
