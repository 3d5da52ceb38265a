import { domainToUnicode } from 'node:url';
import type { AddrSpec } from '../address/addr-spec.js';
import { encoded, formsOf, literal, quotableFormsOf } from './trace-forms.js';

/**
 * Finds an address inside other text, in any case: plain, quoted, in JSON, percent-encoded in a link,
 * quoted-printable, with HTML entities, with white space or a comment at the `@`, or as
 * `bounce+ann=example.com@...` in a return path, its domain in ASCII or Unicode. Other mailboxes that merely
 * end or begin like it (`joann@example.com`, `ann@example.com.au`) don't match. In doubt it matches: a trace
 * left is worse than a word lost.
 *
 * Not found: an address in base64 or a MIME encoded word, one with a line break inside its local part or domain,
 * one encoded more than three times over, and one that was hashed or cut before.
 */
export function tracePattern({ local, domain }: AddrSpec): RegExp {
  const name = nameForms(local);
  const domains = [...new Set([domain, domainToUnicode(domain)])]
    .map((text) => Array.from(text, formsOf).join(''))
    .join('|');
  const start = `(?:(?<![\\p{L}\\p{M}\\p{N}._+-])|${AFTER_ESCAPE})`;
  const at = `${GAP}(?:@|${encoded('@')}|&commat;)${GAP}`;
  return new RegExp(
    `(?:${start}${name}${at}|(${QUOTE})${name}\\1${at}|(?<![\\p{L}\\p{M}\\p{N}._])${name}=)(?:${domains})${END}`,
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

/** The escapes `\n`, `\u003c`, `%3C` and `=3C` end in letters and digits that are no part of the address behind. */
const AFTER_ESCAPE = String.raw`(?<=\\[bfnrt]|\\u[0-9a-f]{4}|%(?:25){0,2}[0-9a-f]{2}|=(?:0[ad]|2[027c]|3[acd]))`;
// Backslashes are read from the first of a row: from each of them it would take quadratic time.
const QUOTE = String.raw`(?<!\\)\\*"|\\{1,8}u0022|%(?:25){0,2}22|=22|&quot;|&#(?:34|x22);`;
/** White space, as it may be encoded, and comments. */
const GAP = String.raw`(?:[ \t\r\n]|\\{1,8}[nrt]|%(?:25){0,2}(?:20|09)|=20|&nbsp;|\([^()"\\]{0,60}\)){0,6}`;
const END = String.raw`(?![\p{L}\p{M}\p{N}_-]|\.[\p{L}\p{N}])`;

/** Characters that stand for others in an encoding. */
const CODING = /[\\%=&"]/;

function nameForms(local: string): string {
  if (CODING.test(local)) return `(?:${wholeForms(local.toWellFormed()).map(literal).join('|')})`;
  return Array.from(local, (c) => (/[\w.-]/.test(c) ? formsOf(c) : quotableFormsOf(c))).join('');
}

/**
 * Where a local part has characters that encodings use, its parts could be read in several ways, and their
 * combinations would be without number: whole texts are looked for instead, one for each way to encode it.
 */
function wholeForms(local: string): string[] {
  const quoted = local.replace(/["\\]/g, '\\$&');
  const forms = [local, quoted].flatMap((text) => [text, text.normalize('NFD')]);
  const encodings = [inJson, inAsciiJson, encodeURIComponent, inQuotedPrintable, inHtml];
  const once = forms.flatMap((text) => encodings.map((encode) => encode(text)));
  const twice = once.flatMap((text) => [inJson(text), encodeURIComponent(text)]);
  const all = [...forms, ...once, ...twice, ...twice.map(inJson)];
  return [...new Set(all)].toSorted((a, b) => b.length - a.length);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function inAsciiJson(text: string): string {
  return inJson(text).replace(
    /[&'<>]|[^\x20-\x7e]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function inQuotedPrintable(text: string): string {
  return Array.from(Buffer.from(text), (byte) =>
    /[\w.-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}

function inHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
