import { addressesIn } from './mailbox.js';
import { readTagHeader } from './mail-fields.js';
import { readBody, type ReadableBody } from './mime-body.js';
import { decodeWords, headerValue, splitMessage, withoutHeaders, type MailHeader } from './mime-headers.js';
import type { Outgoing } from './outgoing.js';
import { badRequest } from './ses-error.js';

/** What a raw message says about itself. */
export interface RawContent extends ReadableBody {
  headers: MailHeader[];
  raw: Buffer;
  subject: string | undefined;
  from: string | undefined;
  destination: Outgoing['destination'];
  /** `X-SES-CONFIGURATION-SET` */
  configurationSet: string | undefined;
  /** `X-SES-MESSAGE-TAGS` */
  tags: Record<string, string> | undefined;
}

// SES takes its own headers and Bcc out, and writes Date and Message-ID itself.
const REMOVED = [
  'bcc',
  'x-ses-configuration-set',
  'x-ses-message-tags',
  'x-ses-source-arn',
  'x-ses-from-arn',
  'x-ses-return-path-arn',
];

export function readRawContent(given: Buffer): RawContent {
  const { headers, body } = splitMessage(given);
  if (headers.length === 0) throw badRequest('Raw.Data has no header: it is not a MIME message.');
  const subject = headerValue(headers, 'subject');
  const tags = headerValue(headers, 'x-ses-message-tags');
  return {
    headers: headers.filter(({ name }) => !REMOVED.includes(name.toLowerCase())),
    raw: withoutHeaders(given, REMOVED),
    subject: subject === undefined ? undefined : decodeWords(subject),
    from: headerValue(headers, 'from'),
    destination: {
      to: recipientsIn(headers, 'to'),
      cc: recipientsIn(headers, 'cc'),
      bcc: recipientsIn(headers, 'bcc'),
    },
    configurationSet: headerValue(headers, 'x-ses-configuration-set'),
    tags: tags === undefined ? undefined : readTagHeader(tags),
    ...readBody(headers, body),
  };
}

function recipientsIn(headers: MailHeader[], field: string): string[] {
  return headers
    .filter(({ name }) => name.toLowerCase() === field)
    .flatMap(({ value }) => addressesIn(value));
}
