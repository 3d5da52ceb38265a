import type { Readable } from 'node:stream';
import type { OnSuppressed, ResolvedOptions, ResolvedStream } from '../options/ses-reputation-options.js';
import { MessageInvalidError } from './errors.js';
import { headerText } from './header-text.js';
import type { MailMessage } from './message.js';
import { MIME_FIELDS, readMimeFields, type MimeFields } from './mime-fields.js';
import { readAttachments, type ReadyAttachment } from './read-attachments.js';
import { isStream, refuseUnknownKeys } from './read-content.js';
import { readHeaders, type HeaderField } from './read-headers.js';
import { readMailboxes, readSenders, type Mailbox } from './read-mailboxes.js';
import { readRecipients, type Recipients } from './read-recipients.js';
import { emailTags, type EmailTag } from './tags.js';
import { readTemplate, type TemplateChoice } from './template-content.js';

/** A message of which nothing is in doubt any more. */
export interface CheckedMessage {
  stream: ResolvedStream;
  configurationSet: string | null;
  from: Mailbox;
  sender: Mailbox | null;
  replyTo: Mailbox[];
  recipients: Recipients;
  headers: HeaderField[];
  attachments: ReadyAttachment[];
  content: MimeFields | TemplateChoice;
  tags: EmailTag[];
  onSuppressed: OnSuppressed;
  idempotencyKey: string | null;
}

const ADDRESS_FIELDS = ['to', 'cc', 'bcc', 'from', 'sender', 'replyTo'];
const CHOICES = ['stream', 'tags', 'template', 'configurationSet', 'onSuppressed', 'idempotencyKey'];
const KEYS = [...ADDRESS_FIELDS, ...MIME_FIELDS, 'attachments', 'headers', ...CHOICES];
const CONFIGURATION_SET = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Checks a message as far as that is possible without reading its streams.
 *
 * @throws MessageInvalidError that names the field
 */
export function checkMessage(message: MailMessage, options: ResolvedOptions): CheckedMessage {
  if (typeof message !== 'object' || message === null) {
    throw new MessageInvalidError('message', 'expected an object such as { to, subject, text }');
  }
  refuseUnknownKeys('message', message, KEYS);
  const stream = readStream(message.stream, options);
  const attachments = readAttachments('attachments', message.attachments);
  return {
    stream,
    configurationSet: readConfigurationSet(message.configurationSet) ?? stream.configurationSet,
    from: readFrom(message.from ?? stream.from),
    sender: readOne('sender', message.sender),
    replyTo: readMailboxes('replyTo', message.replyTo),
    recipients: readRecipients(message),
    headers: readHeaders('headers', message.headers),
    attachments,
    content: message.template === undefined ? readMime(message, attachments) : readTemplateOf(message),
    tags: emailTags(message.tags, stream.name, options.app),
    onSuppressed: readOnSuppressed(message.onSuppressed) ?? stream.onSuppressed,
    idempotencyKey: readIdempotencyKey(message.idempotencyKey),
  };
}

/** The streams of a message as it was given, be it one that is refused. */
export function streamsIn(message: unknown): Readable[] {
  const { text, html, amp, attachments, alternatives } = (message ?? {}) as Record<string, unknown>;
  // Of a template, and of texts alone, as most are.
  if (!attachments && !alternatives && [text, html, amp].every((part) => typeof part !== 'object')) return [];
  const parts = [text, html, amp, ...listOf(attachments), ...listOf(alternatives)];
  return parts
    .flatMap((part) => [part, (part as { content?: unknown } | null | undefined)?.content])
    .filter(isStream);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function readStream(given: unknown, options: ResolvedOptions): ResolvedStream {
  const name = given ?? options.defaultStream;
  const stream = typeof name === 'string' ? options.streams.get(name) : undefined;
  if (!stream) {
    const known = [...options.streams.keys()].join(', ');
    throw new MessageInvalidError(
      'stream',
      `${typeof name === 'string' ? `"${name.slice(0, 100)}"` : `a ${typeof name}`} is no stream of this module; there are: ${known}`,
    );
  }
  return stream;
}

function readFrom(given: unknown): Mailbox {
  const from = readOne('from', given);
  if (!from)
    throw new MessageInvalidError(
      'from',
      "is missing: set it in the message, the stream or the module's options",
    );
  return from;
}

function readOne(field: string, given: unknown): Mailbox | null {
  const found = readSenders(field, given);
  if (found.length > 1) throw new MessageInvalidError(field, `expected one address, got ${found.length}`);
  return found[0] ?? null;
}

function readMime(message: MailMessage, attachments: ReadyAttachment[]): MimeFields {
  const fields = readMimeFields(message);
  const { text, html, amp, icalEvent, alternatives } = fields;
  // An empty text is the caller's wish, a missing one a mistake.
  const present = [text, html, amp, icalEvent].some((one) => one !== undefined);
  if (!present && alternatives.length + attachments.length === 0) {
    throw new MessageInvalidError(
      'text',
      'the message has no content: give text, html, attachments or a template',
    );
  }
  return fields;
}

function readTemplateOf(message: MailMessage): TemplateChoice {
  for (const field of [...MIME_FIELDS, 'sender'] as const) {
    if (message[field] !== undefined) {
      throw new MessageInvalidError(
        field,
        "can't be given together with a template, which holds it or leaves it to headers",
      );
    }
  }
  return readTemplate(message.template);
}

function readConfigurationSet(given: unknown): string | null {
  if (given === undefined || given === null) return null;
  if (typeof given !== 'string' || !CONFIGURATION_SET.test(given)) {
    throw new MessageInvalidError(
      'configurationSet',
      'expected a name of 1 to 64 letters, digits, "_" or "-"',
    );
  }
  return given;
}

function readOnSuppressed(given: unknown): OnSuppressed | null {
  if (given === undefined || given === null) return null;
  if (given !== 'skip' && given !== 'throw')
    throw new MessageInvalidError('onSuppressed', 'expected "skip" or "throw"');
  return given;
}

function readIdempotencyKey(given: unknown): string | null {
  if (given === undefined || given === null) return null;
  const key = headerText('idempotencyKey', given);
  if (key.length === 0 || key.length > 256)
    throw new MessageInvalidError('idempotencyKey', 'expected 1 to 256 characters');
  return key;
}
