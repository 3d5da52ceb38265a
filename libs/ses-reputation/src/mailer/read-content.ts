import { Readable } from 'node:stream';
import { parseDataURI } from 'nodemailer/lib/shared';
import { LARGEST_MESSAGE_BYTES, tooLarge } from './byte-budget.js';
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
  const { content, encoding } = holder as Record<string, unknown>;
  const reference = referenceIn(holder);
  if (reference !== undefined) return fromDataUri(field, reference);
  if (content === undefined || content === null) {
    throw new MessageInvalidError(`${field}.content`, 'is missing: expected a text, a Buffer or a stream');
  }
  const ready = plain(`${field}.content`, content);
  if (encoding === undefined || encoding === null || typeof ready !== 'string') return ready;
  if (typeof encoding !== 'string' || !Buffer.isEncoding(encoding)) {
    throw new MessageInvalidError(
      `${field}.encoding`,
      'is no encoding that Node knows; use utf8, base64 or hex',
    );
  }
  return Buffer.from(ready, encoding);
}

/** Something to read: of a `Writable`, which has a `pipe` too, nothing would ever come. */
export function isStream(value: unknown): value is Readable {
  const { pipe, on, resume } = (value ?? {}) as Partial<Readable>;
  return [pipe, on, resume].every((method) => typeof method === 'function');
}

/** A mistyped field must not be dropped in silence. */
export function refuseUnknownKeys(field: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new MessageInvalidError(
        `${field}.${key.slice(0, 100)}`,
        `no such field; there are ${known.join(', ')}`,
      );
    }
  }
}

function plain(field: string, value: unknown): ReadyContent {
  if (typeof value === 'string') return value.toWellFormed();
  if (isStream(value)) return withErrorsHeld(value);
  if (value instanceof Uint8Array) return copied(field, value);
  // One level and no more: what a stranger nests ever deeper must not fill the stack.
  const reference = typeof value === 'object' && value !== null ? referenceIn(value) : undefined;
  if (reference !== undefined) return fromDataUri(field, reference);
  throw new MessageInvalidError(field, `expected a text, a Buffer or a stream, got ${typeof value}`);
}

/** A caller may use its buffer again at once: the mail must not change with it while the database is asked. */
function copied(field: string, bytes: Uint8Array): Buffer {
  if (bytes.length > LARGEST_MESSAGE_BYTES) throw tooLarge(field);
  return Buffer.from(bytes);
}

function referenceIn(holder: object): unknown {
  const { path, href } = holder as { path?: unknown; href?: unknown };
  const reference = path ?? href;
  return reference === false || reference === null ? undefined : reference;
}

/** A stream that fails before it is read (no such file) would end the process; reading it tells the error. */
function withErrorsHeld(stream: Readable): Readable {
  // One of the first Node versions' kind waits for no reader: what it gives while the list is asked must be kept.
  const kept = Symbol.asyncIterator in stream ? stream : new Readable({ objectMode: true }).wrap(stream);
  return kept.on('error', () => undefined);
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
