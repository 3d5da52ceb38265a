import type { Readable } from 'node:stream';
import { parseDataURI } from 'nodemailer/lib/shared';
import { MessageInvalidError } from './errors.js';

/** Text, bytes, or a stream that is read once. */
export type ReadyContent = string | Buffer | Readable;

/** The value as nodemailer composes it, or `undefined` where there is none; strings are decoded. */
export function readContent(field: string, given: unknown): ReadyContent | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'object' || given instanceof Uint8Array || isStream(given)) return plain(field, given);
  refuseUnknownKeys(field, given, ['content', 'encoding', 'path', 'href', 'contentType']);
  return contentOf(field, given);
}

/** The content of an attachment or alternative. */
export function contentOf(field: string, holder: object): ReadyContent {
  const { content, encoding, path, href } = holder as Record<string, unknown>;
  const reference = path ?? href;
  if (reference !== undefined && reference !== false) return fromDataUri(field, reference);
  if (content === undefined || content === null) {
    throw new MessageInvalidError(`${field}.content`, 'is missing: expected a text, a Buffer or a stream');
  }
  const ready = plain(`${field}.content`, content);
  if (encoding === undefined || encoding === null || typeof ready !== 'string') return ready;
  if (typeof encoding !== 'string' || !Buffer.isEncoding(encoding)) {
    throw new MessageInvalidError(
      `${field}.encoding`,
      `"${String(encoding)}" is no encoding; use utf8, base64 or hex`,
    );
  }
  return Buffer.from(ready, encoding);
}

export function isStream(value: unknown): value is Readable {
  return typeof (value as Partial<Readable> | null)?.pipe === 'function';
}

/** A mistyped field must not be dropped in silence. */
export function refuseUnknownKeys(field: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new MessageInvalidError(`${field}.${key}`, `no such field; there are ${known.join(', ')}`);
    }
  }
}

function plain(field: string, value: unknown): ReadyContent {
  if (typeof value === 'string') return value.toWellFormed();
  if (isStream(value)) return withErrorsHeld(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value === 'object' && value !== null && ('path' in value || 'href' in value)) {
    return contentOf(field, value);
  }
  throw new MessageInvalidError(field, `expected a text, a Buffer or a stream, got ${typeof value}`);
}

/** A stream that fails before it is read (no such file) would end the process; reading it tells the error. */
function withErrorsHeld(stream: Readable): Readable {
  return stream.on('error', () => undefined);
}

/** A file or URL named in a message that a stranger had a hand in would be a way to read this machine. */
function fromDataUri(field: string, reference: unknown): ReadyContent {
  const parsed = typeof reference === 'string' ? parseDataURI(reference) : null;
  if (!parsed) {
    throw new MessageInvalidError(
      field,
      'files and URLs are not opened by name; give content: createReadStream(path), or a data: URI as path',
    );
  }
  return parsed.data;
}
