import { describe, expect, it } from '@jest/globals';
import { asksForForeignName, comesFromAnotherSite, wantsHtml } from './visitors.js';

describe('comesFromAnotherSite', () => {
  it.each([
    ['a program', {}, false],
    ['the own page', { 'sec-fetch-site': 'same-origin' }, false],
    ['the address bar', { 'sec-fetch-site': 'none' }, false],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }, true],
    ['a page on another port of this machine', { 'sec-fetch-site': 'same-site' }, true],
    ['an older browser on the own page', { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' }, false],
    ['an older browser on another page', { origin: 'https://example.com', host: '127.0.0.1:3000' }, true],
    ['another port in an older browser', { origin: 'http://127.0.0.1:8080', host: '127.0.0.1:3000' }, true],
    ['a sandboxed frame', { origin: 'null', host: '127.0.0.1:3000' }, true],
  ])('%s', (_who, headers, answer) => {
    expect(comesFromAnotherSite(headers)).toBe(answer);
  });
});

describe('asksForForeignName', () => {
  it.each([
    ['127.0.0.1', 'localhost:3000', false],
    ['127.0.0.1', '127.0.0.1:3000', false],
    ['127.0.0.1', '[::1]:3000', false],
    ['127.0.0.1', 'rebound.example.com:3000', true],
    ['127.0.0.1', '127.0.0.1.example.com', true],
    ['localhost', undefined, true],
    ['0.0.0.0', 'shop.example.com', false],
  ])('bound to %s, asked for %s', (boundTo, host, answer) => {
    expect(asksForForeignName(boundTo, { host })).toBe(answer);
  });
});

describe('wantsHtml', () => {
  it.each([
    ['text/html,application/xhtml+xml,*/*;q=0.8', true],
    ['application/json', false],
    ['*/*', false],
    [undefined, false],
  ])('%s', (accept, answer) => {
    expect(wantsHtml({ accept })).toBe(answer);
  });
});
