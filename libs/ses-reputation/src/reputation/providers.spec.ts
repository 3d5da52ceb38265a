import { describe, expect, it } from '@jest/globals';
import { domainToASCII } from 'node:url';
import { PROVIDER_DOMAINS } from './provider-domains.js';
import { providerOf, PROVIDERS } from './providers.js';

describe('providerOf', () => {
  it.each([
    ['gmail.com', 'gmail'],
    ['hotmail.co.uk', 'microsoft'],
    ['live.nl', 'microsoft'],
    ['msn.com', 'microsoft'],
    ['aol.com', 'yahoo'],
    ['rocketmail.com', 'yahoo'],
    ['yahoo.com.br', 'yahoo'],
    ['yahoo.co.jp', 'yahoo-japan'],
    ['me.com', 'apple'],
    ['web.de', 'gmx'],
    ['wanadoo.fr', 'orange'],
    ['bk.ru', 'mail-ru'],
    ['foxmail.com', 'qq'],
    ['yeah.net', 'netease'],
    ['hanmail.net', 'kakao'],
    ['ezweb.ne.jp', 'au'],
    ['example.com', '(other)'],
    ['notgmail.com', '(other)'],
    ['gmail.com.example.com', '(other)'],
    ['constructor', '(other)'],
  ])('of %s is %s', (domain, provider) => {
    expect(providerOf(domain)).toBe(provider);
  });

  it('has every domain once, as keys of addresses have them', () => {
    const all = Object.values(PROVIDER_DOMAINS).flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((domain) => domainToASCII(domain) !== domain)).toEqual([]);
  });

  it('has names that need no escape anywhere', () => {
    expect(PROVIDERS.filter((name) => !/^[a-z0-9-]+$/.test(name))).toEqual([]);
  });
});
