import { describe, expect, it } from '@jest/globals';
import { InvalidReportQueryError } from './invalid-report-query.error.js';
import { dimensionOf, type ReportQuery } from './report-query.js';

describe('dimensionOf', () => {
  it.each<[ReportQuery, string]>([
    [{}, 'account'],
    [{ at: new Date(0) }, 'account'],
    [{ stream: 'News' }, 'stream:News'],
    [{ domain: 'Example.COM.' }, 'domain:example.com'],
    [{ domain: '(other)' }, 'domain:(other)'],
    [{ provider: 'Gmail' }, 'provider:gmail'],
    [{ provider: '(other)' }, 'provider:(other)'],
    [{ configurationSet: 'Main' }, 'configuration-set:Main'],
    [{ domain: 'bücher.example' }, 'domain:xn--bcher-kva.example'],
  ])('of %j is %s', (query, dimension) => {
    expect(dimensionOf(query)).toBe(dimension);
  });

  it.each<[string, unknown]>([
    ['a stream and a domain', { stream: 'news', domain: 'example.com' }],
    ['a provider and a configuration set', { provider: 'gmail', configurationSet: 'main' }],
    ['a provider that is not told apart', { provider: 'example' }],
    ['an invalid date', { at: new Date('no') }],
    ['a text as date', { at: '2026-05-01' }],
    ['a misspelt key', { strem: 'news' }],
    ['an empty stream', { stream: '' }],
    ['a number as stream', { stream: 7 }],
    ['a text that is no domain', { domain: 'exa mple' }],
  ])('refuses %s', (_, query) => {
    expect(() => dimensionOf(query as ReportQuery)).toThrow(InvalidReportQueryError);
  });
});
