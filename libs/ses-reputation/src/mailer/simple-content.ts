import type { EmailContent, MessageHeader } from '@aws-sdk/client-sesv2';
import type { CheckedMessage } from './check-message.js';
import type { MimeFields } from './mime-fields.js';
import type { HeaderField } from './read-headers.js';

/** Of a message so long that it might come near SES's limits, no more than the composed one is known. */
const LONGEST = 1_000_000;
/** SES API reference, `Message.Headers` and `MessageHeader`: name and value together. */
const MOST_HEADERS = 15;
const LONGEST_HEADER = 996;
/** ASCII, of which no space is at an end or beside another, where folding may change it. */
const HEADER_VALUE = /^[!-~]+(?: [!-~]+)*$/;
/** What a reader's program decodes, be it meant or not. */
const ENCODED_WORD = '=?';
/**
 * A mailbox that no reader of addresses can take for more than one, or for another: words or encoded words, or a
 * name in quotes without anything that ends them. As long as an address may be (RFC 5321: 64, "@" and 255).
 */
const PLAIN_NAME = /[\w+=?/-]+(?: [\w+=?/-]+)*|"[\w.'&+-]+(?: [\w.'&+-]+)*"/;
const PLAIN_ADDRESS = /[\w.+-]+@[\w.-]+/;
const PLAIN_MAILBOX = new RegExp(
  `^(?=.{1,320}$)(?:${PLAIN_ADDRESS.source}|(?:${PLAIN_NAME.source}) <${PLAIN_ADDRESS.source}>)$`,
);
/** Headers of the host's own, and the two that Amazon's guide adds to a simple message. */
const HEADER_NAME = /^(?:x-|list-unsubscribe(?:-post)?$)/i;
/** What is not plain text in lines: how a mail carries it is for a composer to say. */
// oxlint-disable-next-line no-control-regex -- those are what is looked for
const UNUSUAL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/;

/**
 * The message as `Content.Simple`, of which SES composes the same mail that nodemailer would, without
 * the work here; or `null` if there is anything in it that SES might write in another way.
 */
export function simpleContent(message: CheckedMessage, fields: MimeFields): EmailContent | null {
  const { subject, text, html } = fields;
  if (!subject || hasMore(message, fields)) return null;
  if (UNUSUAL.test(subject) || subject.includes(ENCODED_WORD) || subject !== subject.trim()) return null;
  if (text === undefined && html === undefined) return null;
  if (!isPlain(text) || !isPlain(html) || (text?.length ?? 0) + (html?.length ?? 0) > LONGEST) return null;
  const headers = simpleHeaders(message.headers);
  if (!headers) return null;
  return {
    Simple: {
      Subject: utf8(subject),
      Body: {
        ...(text === undefined ? {} : { Text: utf8(text) }),
        ...(html === undefined ? {} : { Html: utf8(html) }),
      },
      ...(headers.length > 0 ? { Headers: headers } : {}),
    },
  };
}

/** Whether a mailbox, as `formatMailbox` writes it, can stand in a field of SES's. */
export function isPlainMailbox(mailbox: string): boolean {
  return PLAIN_MAILBOX.test(mailbox);
}

/** Whether it says more than a subject, a text, HTML and headers can. */
function hasMore(
  { sender, attachments }: CheckedMessage,
  { amp, icalEvent, alternatives, list, inReplyTo, references, priority }: MimeFields,
): boolean {
  return (
    attachments.length + alternatives.length > 0 ||
    sender !== null ||
    [amp, icalEvent, list, inReplyTo, references, priority].some((one) => one !== undefined)
  );
}

function isPlain(content: unknown): content is string | undefined {
  return content === undefined || (typeof content === 'string' && content !== '' && !UNUSUAL.test(content));
}

function simpleHeaders(given: HeaderField[]): MessageHeader[] | null {
  if (given.length > MOST_HEADERS) return null;
  const names = new Set(given.map(({ key }) => key.toLowerCase()));
  const plain = given.every(
    ({ key, value, prepared }) =>
      !prepared &&
      HEADER_NAME.test(key) &&
      HEADER_VALUE.test(value) &&
      !value.includes(ENCODED_WORD) &&
      key.length + value.length <= LONGEST_HEADER,
  );
  if (!plain || names.size < given.length) return null;
  return given.map(({ key, value }) => ({ Name: key, Value: value }));
}

function utf8(data: string): { Data: string; Charset: string } {
  return { Data: data, Charset: 'UTF-8' };
}
