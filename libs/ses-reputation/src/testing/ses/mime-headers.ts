export interface MailHeader {
  name: string;
  value: string;
}

/** The header lines and the body of a message or of one of its parts. Folded lines are joined; words stay encoded. */
export function splitMessage(raw: Buffer): { headers: MailHeader[]; body: Buffer } {
  const fields: { name: string; lines: string[] }[] = [];
  let at = 0;
  while (at < raw.length) {
    const newline = raw.indexOf(0x0a, at);
    const end = newline === -1 ? raw.length : newline;
    const line = raw.toString('utf8', at, end).replace(/\r$/, '');
    at = newline === -1 ? raw.length : newline + 1;
    if (line === '') break;
    const last = fields.at(-1);
    if (/^[ \t]/.test(line) && last) last.lines.push(line.trim());
    else {
      const colon = line.indexOf(':');
      if (colon > 0)
        fields.push({ name: line.slice(0, colon).trim(), lines: [line.slice(colon + 1).trim()] });
    }
  }
  const headers = fields.map(({ name, lines }) => ({ name, value: lines.join(' ').trim() }));
  return { headers, body: raw.subarray(at) };
}

/** The value of the first header of that name, in any case. */
export function headerValue(headers: MailHeader[], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name.toLowerCase())?.value;
}

/** The raw message without the headers of those names (lower case), everything else byte for byte. */
export function withoutHeaders(raw: Buffer, names: readonly string[]): Buffer {
  const kept: Buffer[] = [];
  let at = 0;
  let dropping = false;
  while (at < raw.length) {
    const newline = raw.indexOf(0x0a, at);
    const end = newline === -1 ? raw.length : newline + 1;
    const line = raw.toString('latin1', at, end);
    if (/^\r?\n$/.test(line)) break;
    if (!/^[ \t]/.test(line)) dropping = names.includes(line.split(':', 1)[0]!.trim().toLowerCase());
    if (!dropping) kept.push(raw.subarray(at, end));
    at = end;
  }
  return Buffer.concat([...kept, raw.subarray(at)]);
}

/** RFC 2047 encoded words, as in `=?UTF-8?B?w6RwZmVs?=`, as text. */
export function decodeWords(value: string): string {
  return value
    .replace(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[bq]\?)/gi, '$1')
    .replace(
      /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi,
      (_word, charset: string, encoding: string, text: string) =>
        decodeText(
          encoding.toLowerCase() === 'b'
            ? Buffer.from(text, 'base64')
            : decodeQuotedPrintable(text.replaceAll('_', ' ')),
          charset,
        ),
    );
}

export function decodeQuotedPrintable(text: string): Buffer {
  const bytes = text
    // Looks at each run of blanks from its start only: a long one would take for ever.
    .replace(/(?<![ \t])[ \t]+$/gm, '')
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** In a charset that this runtime doesn't know, as Latin-1: better than losing the mail. */
export function decodeText(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
