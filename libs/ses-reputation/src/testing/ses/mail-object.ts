import addressparser from 'nodemailer/lib/addressparser';
import { sesArn, type Place } from './arn.js';
import { headerValue, decodeWords, type MailHeader } from './mime-headers.js';
import { domainOf } from './recipient-fate.js';
import type { AcceptedMail } from './sent-mail.js';

// SES passes at most 10 KB of header fields on.
const MAX_HEADER_BYTES = 10 * 1024;

/** The `mail` object of published events. */
export function eventMail(mail: AcceptedMail, place: Place): Record<string, unknown> {
  return { ...commonMail(mail, place), ...mailHeaders(mail), tags: eventTags(mail) };
}

/** The `mail` object of identity notifications: no tags, headers only when asked for. */
export function notificationMail(
  mail: AcceptedMail,
  place: Place,
  includeHeaders: boolean,
): Record<string, unknown> {
  return {
    ...commonMail(mail, place),
    sourceIp: mail.sourceIp,
    callerIdentity: CALLER,
    ...(includeHeaders ? mailHeaders(mail) : {}),
  };
}

const CALLER = 'simulator';

function commonMail(mail: AcceptedMail, place: Place) {
  return {
    timestamp: mail.at.toISOString(),
    source: mail.from,
    sourceArn: sesArn(place, `identity/${mail.identity}`),
    sendingAccountId: place.account,
    messageId: mail.id,
    destination: mail.recipients,
  };
}

function mailHeaders(mail: AcceptedMail) {
  const { kept, truncated } = truncate(mail.headers);
  return {
    headersTruncated: truncated,
    headers: kept,
    commonHeaders: {
      from: mailboxes(mail.headers, 'from') ?? [mail.from],
      to: mailboxes(mail.headers, 'to'),
      cc: mailboxes(mail.headers, 'cc'),
      replyTo: mailboxes(mail.headers, 'reply-to'),
      date: headerValue(mail.headers, 'date'),
      messageId: mail.id,
      subject: mail.subject,
    },
  };
}

function eventTags(mail: AcceptedMail): Record<string, string[]> {
  const own = Object.entries(mail.tags).map(([name, value]) => [name, [value]] as const);
  return {
    'ses:operation': [mail.operation],
    ...(mail.configurationSet === undefined ? {} : { 'ses:configuration-set': [mail.configurationSet] }),
    'ses:source-ip': [mail.sourceIp],
    'ses:from-domain': [domainOf(mail.sender)],
    'ses:caller-identity': [CALLER],
    ...Object.fromEntries(own),
  };
}

function truncate(headers: MailHeader[]): { kept: MailHeader[]; truncated: boolean } {
  let bytes = 0;
  const cut = headers.findIndex(({ name, value }) => {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 4;
    return bytes > MAX_HEADER_BYTES;
  });
  return cut === -1 ? { kept: headers, truncated: false } : { kept: headers.slice(0, cut), truncated: true };
}

function mailboxes(headers: MailHeader[], field: string): string[] | undefined {
  const value = headerValue(headers, field);
  if (value === undefined) return undefined;
  return addressparser(value, { flatten: true }).map(({ name, address }) =>
    name === '' ? address : `${decodeWords(name)} <${address}>`,
  );
}
