import { posix, win32 } from 'node:path';
import { MessageInvalidError } from '../mailer/errors.js';
import type { MailMessage } from '../mailer/message.js';
import { OpenedContent } from './opened-content.js';
import type { SesReputationTransportOptions, TransportedMail } from './transport.js';

/** What both sides call the same. Everything else of a message is a plugin's own, as `context` is. */
const SAME = [
  'to',
  'cc',
  'bcc',
  'from',
  'sender',
  'replyTo',
  'subject',
  'list',
  'inReplyTo',
  'references',
  'priority',
  'stream',
  'configurationSet',
  'onSuppressed',
  'idempotencyKey',
];
/** A mail without them would be another mail, or go to others. */
const REFUSED: Record<string, string> = {
  raw: 'a ready MIME message is not taken; give text, html and attachments',
  envelope: 'recipients are those of to, cc and bcc',
  ses: "is of nodemailer's SES transport; give tags and configurationSet",
  watchHtml: 'is not taken; give it as one of alternatives',
};
/** SES writes these itself. */
const WRITTEN_BY_SES = new Set(['date', 'message-id']);

/** A message of nodemailer as `MailerService` takes it. */
export async function toMessage(
  mail: TransportedMail,
  options: SesReputationTransportOptions,
): Promise<MailMessage> {
  const { data } = mail;
  for (const [field, why] of Object.entries(REFUSED)) {
    if (present(data[field])) throw new MessageInvalidError(field, why);
  }
  const opened = new OpenedContent(mail);
  const { headers, configurationSet, tags } = readHeaders(data.headers);
  const message: Record<string, unknown> = {
    configurationSet,
    ...(options.stream === undefined ? {} : { stream: options.stream }),
  };
  for (const field of SAME) if (present(data[field])) message[field] = data[field];
  for (const field of ['text', 'html', 'amp', 'icalEvent'])
    if (present(data[field])) message[field] = await opened.field(field, data[field]);
  for (const field of ['attachments', 'alternatives'])
    if (present(data[field])) message[field] = await opened.parts(field, named(data[field]));
  // A text is the name of a template that a plugin has rendered by now.
  if (typeof data.template === 'object' && present(data.template)) message.template = data.template;
  message.headers =
    typeof data.xMailer === 'string' ? [...headers, { key: 'X-Mailer', value: data.xMailer }] : headers;
  message.tags = { ...options.tags, ...tags, ...(data.tags as object | undefined) };
  return Object.fromEntries(Object.entries(message).filter(([, value]) => present(value))) as MailMessage;
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** nodemailer names an attachment after its file. */
function named(given: unknown): unknown {
  if (!Array.isArray(given)) return given;
  return given.map((one: unknown) => {
    const { filename, path, href } = (one ?? {}) as Record<string, unknown>;
    const reference = path ?? href;
    if (filename !== undefined || typeof reference !== 'string' || /^data:/i.test(reference)) return one;
    const name = posix.basename(win32.basename(reference.split('?')[0]!));
    return name === '' ? one : { ...(one as object), filename: name };
  });
}

interface ReadHeaders {
  headers: { key: string; value: unknown }[];
  configurationSet?: string;
  tags: Record<string, string>;
}

/** The two headers by which mail that SES gets by SMTP says what the API has fields for become those fields. */
function readHeaders(given: unknown): ReadHeaders {
  const read: ReadHeaders = { headers: [], tags: {} };
  const pairs: { key?: unknown; value?: unknown }[] = Array.isArray(given)
    ? given
    : isPair(given)
      ? [given]
      : Object.entries(given ?? {}).map(([key, value]) => ({ key, value }));
  for (const { key: name, value } of pairs) {
    const key = String(name);
    const lower = key.toLowerCase();
    if (lower === 'x-ses-configuration-set') read.configurationSet = String(value).trim();
    else if (lower === 'x-ses-message-tags') Object.assign(read.tags, tagsIn(String(value)));
    else if (!WRITTEN_BY_SES.has(lower)) read.headers.push({ key, value });
  }
  return read;
}

function isPair(value: unknown): value is { key: unknown; value: unknown } {
  return typeof value === 'object' && value !== null && 'key' in value && 'value' in value;
}

/** `campaign=may, cohort=a`; what is no pair is refused as a tag would be. */
function tagsIn(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.trim());
  return Object.fromEntries(
    pairs
      .filter((pair) => pair !== '')
      .map((pair) => {
        const at = pair.indexOf('=');
        return at < 0 ? [pair, ''] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
      }),
  );
}
