import { domainToUnicode } from 'node:url';
import type { AddrSpec } from '../address/addr-spec.js';

/**
 * Finds an address inside other text, in any case: plain, quoted, in JSON, percent-encoded in a link, or as
 * `bounce+ann=example.com@...` in a return path, its domain in ASCII or Unicode. Other mailboxes that merely
 * end or begin like it (`joann@example.com`, `ann@example.com.au`) don't match. In doubt it matches: a trace
 * left is worse than a word lost.
 */
export function tracePattern({ local, domain }: AddrSpec): RegExp {
  const name = spelled(local);
  const domains = [...new Set([domain, domainToUnicode(domain)])].map(spelled).join('|');
  const start = `(?:(?<![\\p{L}\\p{M}\\p{N}._+-])|${AFTER_ESCAPE})`;
  const at = String.raw`(?:@|%40|\\u0040|=40)`;
  return new RegExp(
    `(?:${start}${name}${at}|(${QUOTE})${name}\\1${at}|(?<![\\p{L}\\p{N}._])${name}=)(?:${domains})${END}`,
    'giu',
  );
}

/**
 * A text in lower case that every row with a trace of the address holds in some case, for a first search by
 * the database; `null` if there is none. Only characters that no encoding changes.
 */
export function traceProbe({ local, domain }: AddrSpec): string | null {
  const plain = (local.match(/[a-z0-9._-]+/gi) ?? []).toSorted((a, b) => b.length - a.length)[0];
  if (plain) return plain.toLowerCase();
  return domain.includes('xn--') ? null : domain.split('.')[0]!;
}

/** The escapes `\n`, `\u003c` and `%3C` end in letters and digits that are no part of the address behind them. */
const AFTER_ESCAPE = String.raw`(?<=\\[bfnrt]|\\u[0-9a-f]{4}|%[0-9a-f]{2})`;
const QUOTE = String.raw`\\*"|\\u0022|%22`;
const END = String.raw`(?![\p{L}\p{M}\p{N}_-]|\.[\p{L}\p{N}])`;

function spelled(text: string): string {
  return [...text].map(forms).join('');
}

/** One character as itself, JSON-escaped and percent-encoded. */
function forms(character: string): string {
  const itself = [...new Set([character, character.normalize('NFD')])].map(literal);
  const json = Array.from(character, (c) => utf16(c)).join('');
  const percent = [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`).join('');
  // What is quoted may have a backslash before it, itself escaped in JSON or a link.
  const escape = /[\w.-]/.test(character) ? '' : String.raw`(?:\\|%5c)*`;
  return `${escape}(?:${[...itself, json, percent].join('|')})`;
}

function utf16(character: string): string {
  return Array.from({ length: character.length }, (_, i) => `\\\\u${hex(character.charCodeAt(i), 4)}`).join(
    '',
  );
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
