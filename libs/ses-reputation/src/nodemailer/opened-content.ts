import { MessageInvalidError } from '../mailer/errors.js';
import type { TransportedMail } from './transport.js';

/** How `path` and `href` of contents are opened: by nodemailer, as with any other transport of it. */
export class OpenedContent {
  constructor(private readonly mail: TransportedMail) {}

  /** A field such as `html`, that is a content or holds one. */
  async field(name: string, value: unknown): Promise<unknown> {
    if (!isObject(value)) return value;
    return this.part(name, value);
  }

  /** An attachment or alternative: the same, with its file as `content`. */
  async part(name: string, value: Record<string, unknown>): Promise<Record<string, unknown>> {
    // `content: { path }` is another way to say it.
    const holder = isObject(value.content) ? value.content : value;
    const reference = holder.path ?? holder.href;
    const { path: _path, href: _href, httpHeaders: _headers, tls: _tls, ...rest } = value;
    if (typeof reference !== 'string' || reference === '') return holder === value ? rest : value;
    const content = /^data:/i.test(reference)
      ? { path: reference }
      : { content: await this.open(name, reference, holder) };
    const { content: _content, encoding: _encoding, ...kept } = rest;
    return { ...kept, ...content };
  }

  async parts(name: string, given: unknown): Promise<unknown> {
    if (!Array.isArray(given)) return given;
    const parts: unknown[] = [];
    for (const [i, one] of given.entries()) {
      parts.push(isObject(one) ? await this.part(`${name}[${i}]`, one) : one);
    }
    return parts;
  }

  private open(name: string, reference: string, holder: Record<string, unknown>): Promise<unknown> {
    const { data } = this.mail;
    const isUrl = holder.href !== undefined || /^https?:\/\//i.test(reference);
    // Versions of nodemailer differ in where they look at these; a message may come from a stranger.
    if (data[isUrl ? 'disableUrlAccess' : 'disableFileAccess']) {
      const flag = isUrl ? 'disableUrlAccess' : 'disableFileAccess';
      throw new MessageInvalidError(name, `${isUrl ? 'URLs' : 'files'} are not opened: ${flag} is set`);
    }
    return new Promise((resolve, reject) => {
      this.mail.resolveContent({ opened: holder }, 'opened', (error, value) => {
        if (error)
          reject(new MessageInvalidError(name, `can't be opened: ${error.message}`, { cause: error }));
        else resolve(value);
      });
    });
  }
}

/** One of nodemailer's `{ path }`; no text, no bytes and no stream. */
function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    typeof (value as { pipe?: unknown }).pipe !== 'function'
  );
}
