import type { Readable } from 'node:stream';
import type { OnSuppressed } from '../options/ses-reputation-options.js';

/** One mailbox, or a group of them. */
export type MailAddressObject =
  | { name?: string; address: string; group?: undefined }
  | { name?: string; address?: undefined; group: MailAddressObject[] };

/** `Ann <ann@example.com>`, several with commas between, an object, or a list of all these. */
export type MailAddressInput = string | MailAddressObject | MailAddressInput[];

/** A stream is read once, up to SES's message size. */
export type MailContent = string | Uint8Array | Readable;

export interface MailContentObject {
  content: MailContent;
  /** Of a string: `utf8` (default), `base64`, `hex`, ... */
  encoding?: string;
}

/** A file that comes with the message. `path` may be a `data:` URI; files and URLs are not opened. */
export interface MailAttachment {
  filename?: string | false;
  content?: MailContent;
  path?: string;
  href?: string;
  encoding?: string;
  /** Default: by the filename's ending. */
  contentType?: string;
  /** Default: `attachment`; `inline` for an image with a `cid`. */
  contentDisposition?: 'attachment' | 'inline';
  /** Default: `base64`. */
  contentTransferEncoding?: 'base64' | 'quoted-printable' | '7bit' | '8bit' | false;
  /** For `<img src="cid:...">`. */
  cid?: string;
  headers?: MailHeaders;
}

/** A further form of the text, such as Markdown. */
export interface MailAlternative extends MailContentObject {
  contentType: string;
  headers?: MailHeaders;
}

/** A calendar invitation. */
export interface MailCalendarEvent {
  content: string | Uint8Array;
  encoding?: string;
  /** `REQUEST`, `CANCEL`, ... Default: `PUBLISH`. */
  method?: string;
  filename?: string | false;
}

export type MailHeaderValue = string | number | { value: string; prepared?: boolean; foldLines?: boolean };
export type MailHeaders =
  | Record<string, MailHeaderValue | MailHeaderValue[]>
  | { key: string; value: MailHeaderValue }
  | { key: string; value: MailHeaderValue }[];

export type ListHeader = string | { url: string; comment?: string };

/** A message, with nodemailer's field names and shapes. A field that is not listed here is refused. */
export interface MailMessage {
  /** To, cc and bcc together: 1 to 50 mailboxes; one that is named twice gets one mail. */
  to?: MailAddressInput;
  cc?: MailAddressInput;
  bcc?: MailAddressInput;
  /** Default: the stream's sender, then the module's. */
  from?: MailAddressInput;
  sender?: MailAddressInput;
  replyTo?: MailAddressInput;
  subject?: string;
  text?: MailContent | MailContentObject;
  html?: MailContent | MailContentObject;
  /** AMP for e-mail. */
  amp?: MailContent | MailContentObject;
  icalEvent?: string | Uint8Array | MailCalendarEvent;
  alternatives?: MailAlternative[];
  attachments?: MailAttachment[];
  /** Headers that have no field of their own, such as `X-Campaign`. */
  headers?: MailHeaders;
  /** `List-*` headers, by what comes after `List-`. */
  list?: Record<string, ListHeader | (ListHeader | ListHeader[])[]>;
  inReplyTo?: string;
  references?: string | string[];
  priority?: 'high' | 'normal' | 'low';

  /** Default: the module's `defaultStream`. */
  stream?: string;
  /** SES message tags: names and values of 1 to 256 of `A-Z a-z 0-9 _ -`. */
  tags?: Record<string, string>;
  /** An SES template, instead of subject, text and html. */
  template?: { name: string; data?: Record<string, unknown> };
  /** Default: the stream's, then the module's. */
  configurationSet?: string;
  /** Default: the stream's, then the module's. */
  onSuppressed?: OnSuppressed;
  /**
   * 1 to 256 characters. A repeat with the same key within 24 hours sends nothing and returns the first
   * receipt, on any instance. It asks the database to remember, so without the database nothing is sent,
   * not even on a critical stream.
   */
  idempotencyKey?: string;
}
