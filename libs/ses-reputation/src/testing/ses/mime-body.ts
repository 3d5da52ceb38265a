import {
  decodeQuotedPrintable,
  decodeText,
  decodeWords,
  headerValue,
  splitMessage,
  type MailHeader,
} from './mime-headers.js';

export interface MailAttachment {
  filename: string | undefined;
  contentType: string;
  content: Buffer;
}

/** What a person would see of a mail. */
export interface ReadableBody {
  text: string | undefined;
  html: string | undefined;
  attachments: MailAttachment[];
}

// A message nested deeper than this was made to hurt a reader, not to be read.
const MAX_DEPTH = 20;

/** The text, the HTML and the attachments of a MIME message; what can't be read is left out. */
export function readBody(headers: MailHeader[], body: Buffer): ReadableBody {
  const readable: ReadableBody = { text: undefined, html: undefined, attachments: [] };
  collect(headers, body, readable, 0);
  return readable;
}

function collect(headers: MailHeader[], body: Buffer, into: ReadableBody, depth: number): void {
  const contentType = headerValue(headers, 'content-type') ?? 'text/plain; charset=utf-8';
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  const boundary = parameter(contentType, 'boundary');
  if (type.startsWith('multipart/') && boundary && depth < MAX_DEPTH) {
    for (const part of splitParts(body, boundary)) {
      const { headers: partHeaders, body: partBody } = splitMessage(part);
      collect(partHeaders, partBody, into, depth + 1);
    }
    return;
  }
  const content = decodeTransfer(body, headerValue(headers, 'content-transfer-encoding') ?? '7bit');
  const disposition = headerValue(headers, 'content-disposition') ?? '';
  const filename = parameter(disposition, 'filename') ?? parameter(contentType, 'name');
  const attached = /^attachment\b/i.test(disposition) || filename !== undefined;
  const charset = parameter(contentType, 'charset') ?? 'utf-8';
  if (!attached && type === 'text/plain' && into.text === undefined) into.text = decodeText(content, charset);
  else if (!attached && type === 'text/html' && into.html === undefined)
    into.html = decodeText(content, charset);
  else into.attachments.push({ filename: filename && decodeWords(filename), contentType: type, content });
}

function parameter(header: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(header);
  return match ? (match[1]?.replace(/\\(.)/g, '$1') ?? match[2]) : undefined;
}

function splitParts(body: Buffer, boundary: string): Buffer[] {
  const parts: Buffer[] = [];
  const delimiter = Buffer.from(`--${boundary}`);
  let start = -1;
  for (let at = body.indexOf(delimiter); at !== -1; at = body.indexOf(delimiter, at + delimiter.length)) {
    if (at !== 0 && body[at - 1] !== 0x0a) continue;
    if (start !== -1) parts.push(body.subarray(start, lineEndBefore(body, at)));
    const lineEnd = body.indexOf(0x0a, at);
    const closing = body.toString('latin1', at + delimiter.length, at + delimiter.length + 2) === '--';
    if (closing || lineEnd === -1) return parts;
    start = lineEnd + 1;
  }
  // Without a closing delimiter the last part ends where the message does.
  if (start !== -1) parts.push(body.subarray(start));
  return parts;
}

/** The line break before a delimiter belongs to the delimiter (RFC 2046, 5.1.1). */
function lineEndBefore(body: Buffer, at: number): number {
  const end = body[at - 1] === 0x0a ? at - 1 : at;
  return body[end - 1] === 0x0d ? end - 1 : end;
}

function decodeTransfer(body: Buffer, encoding: string): Buffer {
  const name = encoding.trim().toLowerCase();
  if (name === 'base64') return Buffer.from(body.toString('latin1'), 'base64');
  return name === 'quoted-printable' ? decodeQuotedPrintable(body.toString('latin1')) : body;
}
