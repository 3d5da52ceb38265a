import { domainToASCII } from 'node:url';

/** One mailbox, split. `local` is unquoted and as written; `domain` is lower-case ASCII (IDNA), no final dot. */
export interface AddrSpec {
  local: string;
  domain: string;
}

const ATOM =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+)*$/u;
const HOST = /^(?=.{1,255}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * What nearly every address looks like: nothing in it is read in another way below. Not so a domain with `--`,
 * which may be IDNA, or with a last label that is not letters, which may be an IPv4 address.
 */
const PLAIN =
  /^([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)@((?:[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*\.)+[A-Za-z]+)$/;

/**
 * Reads one address in any spelling of RFC 5322 that ends in the same mailbox: with a display name,
 * comments, quotes that are not needed, a trailing dot or a Unicode domain. `null` if it is not one address.
 */
export function parseAddrSpec(text: string): AddrSpec | null {
  if (text.length > 2_000) return null;
  return readPlain(text) ?? readWritten(text);
}

function readPlain(text: string): AddrSpec | null {
  const [, local, domain] = PLAIN.exec(text) ?? [];
  if (local === undefined || domain === undefined || local.length > 64) return null;
  const host = domain.toLowerCase();
  return host.length <= 63 || HOST.test(host) ? { local, domain: host } : null;
}

/** Without the short cut for plain addresses. */
export function readWritten(text: string): AddrSpec | null {
  const bare = withoutComments(text);
  if (bare === null) return null;
  const spec = insideAngles(bare);
  if (spec === null) return null;
  const at = lastUnquotedAt(spec);
  if (at < 1) return null;
  const local = readLocal(spec.slice(0, at).trim());
  const domain = readDomain(spec.slice(at + 1).trim());
  return local === null || domain === null ? null : { local, domain };
}

/** The local part as it must be written in an address: quoted only where a dot-atom can't say it. */
export function writeLocal(local: string): string {
  return ATOM.test(local) ? local : `"${local.replace(/["\\]/g, '\\$&')}"`;
}

function withoutComments(text: string): string | null {
  if (!text.includes('(')) return text;
  let out = '';
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\\') {
      if (depth === 0) out += text.slice(i, i + 2);
      i++;
    } else if (c === '"' && depth === 0) {
      quoted = !quoted;
      out += c;
    } else if (quoted) out += c;
    else if (c === '(') depth++;
    else if (c === ')' && depth > 0) {
      depth--;
      // A comment stands for white space (RFC 5322, 3.2.2): `ann(x)a` is two words, not the mailbox `anna`.
      if (depth === 0) out += ' ';
    } else if (depth === 0) out += c;
  }
  return depth === 0 && !quoted ? out : null;
}

function insideAngles(text: string): string | null {
  let quoted = false;
  let open = -1;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (c === '<') {
      if (open !== -1) return null;
      open = i;
    } else if (c === '>') {
      return open === -1 || text.slice(i + 1).trim() !== '' ? null : text.slice(open + 1, i).trim();
    }
  }
  return open === -1 && !quoted ? text.trim() : null;
}

function lastUnquotedAt(spec: string): number {
  let quoted = false;
  let at = -1;
  for (let i = 0; i < spec.length; i++) {
    const c = spec[i];
    if (c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === '@' && !quoted) {
      if (at !== -1) return -1;
      at = i;
    }
  }
  return at;
}

function readLocal(text: string): string | null {
  // Folding white space is allowed round the dots of an obsolete local part; quoted words may be dotted too.
  const words = text.match(/"(?:[^"\\]|\\[\s\S])*"|[^".\s]+|\./g);
  if (!words || words.join('') !== text.replace(/("(?:[^"\\]|\\[\s\S])*")|\s+/g, '$1')) return null;
  let local = '';
  let wordWanted = true;
  for (const word of words) {
    if (word === '.') {
      if (wordWanted) return null;
      local += '.';
      wordWanted = true;
    } else {
      if (!wordWanted) return null;
      local += word.startsWith('"') ? word.slice(1, -1).replace(/\\([\s\S])/g, '$1') : word;
      if (!word.startsWith('"') && !ATOM.test(word)) return null;
      wordWanted = false;
    }
  }
  // eslint-disable-next-line no-control-regex
  if (wordWanted || local === '' || /[\u0000-\u001f\u007f]/.test(local)) return null;
  // Mail servers trim it: `"ann "` would be mailed to ann, past a suppression of ann.
  if (local !== local.trim()) return null;
  return local.length > 64 ? null : local.normalize('NFC');
}

function readDomain(text: string): string | null {
  const name = text.replace(/\s*\.\s*/g, '.').replace(/\.$/, '');
  // domainToASCII reads a URL's host: it would drop tabs and line breaks, decode %61 and end at a slash.
  if (/[\s%/\\?#]/.test(name)) return null;
  const domain = domainToASCII(name).toLowerCase();
  return HOST.test(domain) ? domain : null;
}
