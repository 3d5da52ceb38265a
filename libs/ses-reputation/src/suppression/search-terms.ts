import { domainToASCII } from 'node:url';
import { addressKey, escapeNonAscii } from '../address/address-key.js';

/**
 * The texts to look for in look-up keys, to find addresses that hold `search`, without regard to case. Keys
 * are searched, not addresses, because keys are ASCII and lower case: databases don't agree on the case and
 * accents of anything else. A domain that is not ASCII is therefore found by whole labels.
 */
export function searchTerms(search: string): string[] {
  const text = search.trim().normalize('NFC').toLowerCase();
  const at = text.lastIndexOf('@');
  const local = escapeNonAscii(text.slice(0, at + 1));
  const domain = domainToASCII(text.slice(at + 1));
  const terms = [escapeNonAscii(text), domain && local + domain, addressKey(search)];
  return [...new Set(terms.filter((term): term is string => Boolean(term)))];
}

/** What to look for by index. */
export interface SearchStarts {
  /** How keys may begin. */
  prefixes: string[];
  /** A whole domain. */
  domain: string | null;
}

/** The same for a list too long to be read: `ann`, `ann@exam`, `@example.com`; `example.com` may be either. */
export function searchStarts(search: string): SearchStarts {
  const text = search.trim();
  const at = text.lastIndexOf('@');
  return {
    prefixes: searchTerms(search).filter((term) => !term.startsWith('@')),
    domain: (at <= 0 && domainToASCII(text.slice(at + 1).normalize('NFC')).toLowerCase()) || null,
  };
}

/** A LIKE pattern, with `!` as its escape character, for texts that hold `term`. */
export function containing(term: string): string {
  return `%${beginning(term)}`;
}

/** A LIKE pattern, with `!` as its escape character, for texts that begin with `term`. */
export function beginning(term: string): string {
  return `${term.replace(/[%_!]/g, '!$&')}%`;
}
