import { MessageInvalidError } from './errors.js';
import { headerText, LONGEST } from './header-text.js';

/** One header field, checked: no line break, a name that is a name, a value that is a text. */
export interface HeaderField {
  key: string;
  value: string;
  /** nodemailer's way to say: write the value as it is, without encoding. */
  prepared?: { foldLines: boolean };
}

/** RFC 5322 field name, and SES's limit for one. */
const NAME = /^[!-9;-~]{1,126}$/;

const OWN_FIELD = new Map(
  Object.entries({
    from: 'the field from',
    sender: 'the field sender',
    to: 'the field to',
    cc: 'the field cc',
    bcc: 'the field bcc',
    'reply-to': 'the field replyTo',
    subject: 'the field subject',
    date: 'nothing: SES writes it',
    'message-id': "nothing: SES writes it (the receipt's messageId)",
    'mime-version': 'text, html and attachments',
    'content-type': 'text, html and attachments',
    'content-transfer-encoding': 'text, html and attachments',
    'content-disposition': 'attachments',
    'content-id': "an attachment's cid",
    'return-path': 'nothing: SES writes it',
    'x-ses-configuration-set': 'the field configurationSet',
    'x-ses-message-tags': 'the field tags',
  }),
);

/** Reads the headers of a message in any of nodemailer's shapes. */
export function readHeaders(field: string, given: unknown): HeaderField[] {
  return readAnyHeaders(field, given).map((header) => {
    const lower = header.key.toLowerCase();
    const instead =
      OWN_FIELD.get(lower) ?? (lower.startsWith('x-ses-') ? 'nothing: it is SES’s own' : undefined);
    if (instead) throw new MessageInvalidError(`${field}.${header.key}`, `is not set here; use ${instead}`);
    return header;
  });
}

/** Reads headers without asking which: those of an attachment. */
export function readAnyHeaders(field: string, given: unknown): HeaderField[] {
  return pairs(field, given).flatMap(([name, value]) => {
    const key = headerText(`${field} name`, name, LONGEST.header);
    if (!NAME.test(key)) {
      throw new MessageInvalidError(
        `${field}.${key.slice(0, 130)}`,
        'is no header name: ASCII without space or ":"',
      );
    }
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.flatMap((one) => readValue(`${field}.${key}`, key, one));
  });
}

/** The shape in which nodemailer gets them back. */
export function toNodemailer(headers: HeaderField[]): { key: string; value: string | object }[] {
  return headers.map(({ key, value, prepared }) => ({
    key,
    value: prepared ? { value, prepared: true, foldLines: prepared.foldLines } : value,
  }));
}

function pairs(field: string, given: unknown): [unknown, unknown][] {
  if (given === undefined || given === null) return [];
  if (typeof given !== 'object')
    throw new MessageInvalidError(field, 'expected an object or a list of { key, value }');
  if (Array.isArray(given)) {
    return given.map((one: unknown, i) => {
      if (!isPair(one)) throw new MessageInvalidError(`${field}[${i}]`, 'expected { key, value }');
      return [one.key, one.value];
    });
  }
  return isPair(given) ? [[given.key, given.value]] : Object.entries(given);
}

function isPair(value: unknown): value is { key: string; value: unknown } {
  return typeof value === 'object' && value !== null && 'key' in value && 'value' in value;
}

function readValue(field: string, key: string, given: unknown): HeaderField[] {
  if (given === undefined || given === null) return [];
  if (typeof given === 'object' && 'value' in given) {
    const { value, prepared, foldLines } = given as {
      value: unknown;
      prepared?: unknown;
      foldLines?: unknown;
    };
    const text = headerText(field, typeof value === 'number' ? String(value) : value, LONGEST.header);
    return [
      prepared ? { key, value: text, prepared: { foldLines: Boolean(foldLines) } } : { key, value: text },
    ];
  }
  return [
    { key, value: headerText(field, typeof given === 'number' ? String(given) : given, LONGEST.header) },
  ];
}
