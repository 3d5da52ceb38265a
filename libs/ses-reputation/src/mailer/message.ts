import type { Readable } from 'node:stream';
import type { OnSuppressed } from '../options/ses-reputation-options.js';

/** One mailbox, or a group of them. */
export type AddressObject =
  | { name?: string; address: string; group?: undefined }
  | { name?: string; address?: undefined; group: AddressObject[] };

/** `Ann <ann@example.com>`, several with commas between, an object, or a list of all these. */
export type AddressInput = string | AddressObject | AddressInput[];

/** A stream is read once, up to SES's message size. */
export type Content = string | Uint8Array | Readable;

export interface ContentObject {
  content: Content;
  /** Of a string: `utf8` (default), `base64`, `hex`, ... */
  encoding?: string;
}

/** A file that comes with the message. `path` may be a `data:` URI; files and URLs are not opened. */
export interface Attachment {
  filename?: string | false;
  content?: Content;
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
  headers?: Headers;
}

/** A further form of the text, such as Markdown. */
export interface Alternative extends ContentObject {
  contentType: string;
  headers?: Headers;
}

/** A calendar invitation. */
export interface CalendarEvent {
  content: string | Uint8Array;
  encoding?: string;
  /** `REQUEST`, `CANCEL`, ... Default: `PUBLISH`. */
  method?: string;
  filename?: string | false;
}

export type HeaderValue = string | number | { value: string; prepared?: boolean; foldLines?: boolean };
export type Headers =
  | Record<string, HeaderValue | HeaderValue[]>
  | { key: string; value: HeaderValue }
  | { key: string; value: HeaderValue }[];

export type ListHeader = string | { url: string; comment?: string };

/** A message, with nodemailer's field names and shapes. A field that is not listed here is refused. */
export interface MailMessage {
  /** To, cc and bcc together: 1 to 50 mailboxes; one that is named twice gets one mail. */
  to?: AddressInput;
  cc?: AddressInput;
  bcc?: AddressInput;
  /** Default: the stream's sender, then the module's. */
  from?: AddressInput;
  sender?: AddressInput;
  replyTo?: AddressInput;
  subject?: string;
  text?: Content | ContentObject;
  html?: Content | ContentObject;
  /** AMP for e-mail. */
  amp?: Content | ContentObject;
  icalEvent?: string | Uint8Array | CalendarEvent;
  alternatives?: Alternative[];
  attachments?: Attachment[];
  /** Headers that have no field of their own, such as `X-Campaign`. */
  headers?: Headers;
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
