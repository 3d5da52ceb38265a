import { MessageInvalidError } from './errors.js';
import { headerText, LONGEST, optionalHeaderText } from './header-text.js';
import type { ListHeader, MailMessage } from './message.js';
import { contentOf, readContent, refuseUnknownKeys, type ReadyContent } from './read-content.js';
import { readAttachments, type ReadyAttachment } from './read-attachments.js';

/** What a message says besides its addresses and headers, checked. */
export interface MimeFields {
  subject: string | undefined;
  text: ReadyContent | undefined;
  html: ReadyContent | undefined;
  amp: ReadyContent | undefined;
  icalEvent: ReadyCalendarEvent | undefined;
  alternatives: ReadyAttachment[];
  list: Record<string, ListHeader[][]> | undefined;
  inReplyTo: string | undefined;
  references: string[] | undefined;
  priority: string | undefined;
}

export interface ReadyCalendarEvent {
  content: Buffer;
  method: string | undefined;
  filename: string | false | undefined;
}

/** Fields of {@link MimeFields}: what a template takes the place of. */
export const MIME_FIELDS = [
  'subject',
  'text',
  'html',
  'amp',
  'icalEvent',
  'alternatives',
  'list',
  'inReplyTo',
  'references',
  'priority',
] as const;

export function readMimeFields(message: MailMessage): MimeFields {
  const fields: MimeFields = {
    subject: optionalHeaderText('subject', message.subject),
    text: readContent('text', message.text),
    html: readContent('html', message.html),
    amp: readContent('amp', message.amp),
    icalEvent: readCalendarEvent(message.icalEvent),
    alternatives: readAttachments('alternatives', message.alternatives),
    list: readList(message.list),
    inReplyTo: optionalHeaderText('inReplyTo', message.inReplyTo),
    references: readReferences(message.references),
    priority: message.priority,
  };
  fields.alternatives.forEach(({ contentType }, i) => {
    if (contentType === undefined)
      throw new MessageInvalidError(`alternatives[${i}].contentType`, 'is missing');
  });
  if (message.priority !== undefined && !['high', 'normal', 'low'].includes(message.priority)) {
    throw new MessageInvalidError('priority', 'expected "high", "normal" or "low"');
  }
  return fields;
}

/** nodemailer puts it into the message twice, so a stream would have to be held in memory, however long. */
function readCalendarEvent(given: unknown): ReadyCalendarEvent | undefined {
  if (given === undefined || given === null) return undefined;
  const event = (
    typeof given === 'string' || given instanceof Uint8Array ? { content: given } : given
  ) as object;
  if (typeof event !== 'object')
    throw new MessageInvalidError('icalEvent', 'expected a text or { content, method }');
  refuseUnknownKeys('icalEvent', event, ['content', 'encoding', 'method', 'filename', 'path', 'href']);
  const content = contentOf('icalEvent', event);
  if (typeof content !== 'string' && !Buffer.isBuffer(content)) {
    throw new MessageInvalidError('icalEvent.content', 'expected a text or a Buffer, not a stream');
  }
  const { method, filename } = event as { method?: unknown; filename?: unknown };
  const name = optionalHeaderText('icalEvent.method', method);
  if (name !== undefined && !/^[A-Za-z-]{1,40}$/.test(name)) {
    throw new MessageInvalidError('icalEvent.method', 'expected an iCalendar method such as REQUEST');
  }
  return {
    // A copy: nodemailer marks the object it is given.
    content: Buffer.from(content),
    method: name,
    filename:
      filename === false ? false : optionalHeaderText('icalEvent.filename', filename, LONGEST.fileName),
  };
}

function readReferences(given: unknown): string[] | undefined {
  if (given === undefined || given === null) return undefined;
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const ids = list.map((one, i) =>
    headerText(Array.isArray(given) ? `references[${i}]` : 'references', one, LONGEST.header),
  );
  headerText('references', ids.join(' '), LONGEST.header);
  return ids;
}

/** Each value of `list` becomes a header; the values of a list inside it share one. */
function readList(given: unknown): MimeFields['list'] {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new MessageInvalidError(
      'list',
      'expected an object such as { unsubscribe: "https://example.com/out" }',
    );
  }
  return Object.fromEntries(
    Object.entries(given).map(([name, value]: [string, unknown]) => {
      const field = `list.${name.slice(0, 60)}`;
      if (!/^[A-Za-z-]{1,60}$/.test(name)) throw new MessageInvalidError(field, 'is no List- header');
      const headers: unknown[] = Array.isArray(value) ? value : [value];
      return [
        name,
        headers.map((one) => (Array.isArray(one) ? one : [one]).map((url) => readListHeader(field, url))),
      ];
    }),
  );
}

function readListHeader(field: string, given: unknown): ListHeader {
  if (typeof given === 'string') return headerText(field, given);
  if (typeof given !== 'object' || given === null)
    throw new MessageInvalidError(field, 'expected a URL or { url, comment }');
  const { url, comment } = given as { url?: unknown; comment?: unknown };
  const text = optionalHeaderText(`${field}.comment`, comment);
  return { url: headerText(`${field}.url`, url), ...(text === undefined ? {} : { comment: text }) };
}
