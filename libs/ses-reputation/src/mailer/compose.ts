import type { Readable } from 'node:stream';
import { createTransport, type Transport } from 'nodemailer';
import type { SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import type { CheckedMessage } from './check-message.js';
import { MessageInvalidError } from './errors.js';
import type { MimeFields } from './mime-fields.js';
import type { ReadyAttachment } from './read-attachments.js';
import { isStream } from './read-content.js';
import { toNodemailer } from './read-headers.js';
import { formatMailbox, type Mailbox } from './read-mailboxes.js';
import type { Recipients } from './read-recipients.js';
import { LARGEST_MESSAGE_BYTES, readWithin } from './read-within.js';
import { templateContent } from './template-content.js';

/** Leaves nodemailer the composing of `list` and `priority` as well, and takes the message instead of sending it. */
const composer = createTransport({
  name: 'compose',
  version: '1',
  send(mail, done) {
    const message = mail.message as unknown as { createReadStream(): Readable };
    done(null, { envelope: { from: false, to: [] }, messageId: '', message: message.createReadStream() });
  },
} satisfies Transport);

/**
 * The request for SES. The recipients stand in `Destination`, so that SES reads none out of headers, and Bcc
 * is in no header at all.
 *
 * @throws MessageInvalidError if a stream can't be read, or the message is larger than SES takes
 */
export async function composeRequest(
  message: CheckedMessage,
  recipients: Recipients,
): Promise<SendEmailCommandInput> {
  const { content, configurationSet } = message;
  const common = {
    FromEmailAddress: formatMailbox(message.from),
    Destination: {
      ToAddresses: recipients.to.map(delivered),
      CcAddresses: recipients.cc.map(delivered),
      BccAddresses: recipients.bcc.map(delivered),
    },
    EmailTags: message.tags,
    ...(configurationSet === null ? {} : { ConfigurationSetName: configurationSet }),
  };
  if ('name' in content) {
    // What is measured is base64, four bytes for three.
    const budget = { bytes: Math.floor((LARGEST_MESSAGE_BYTES * 3) / 4) };
    return {
      ...common,
      ReplyToAddresses: message.replyTo.map(formatMailbox),
      Content: await templateContent(content, message.headers, message.attachments, budget),
    };
  }
  return { ...common, Content: { Raw: { Data: await composeMime(message, content, recipients) } } };
}

async function composeMime(message: CheckedMessage, fields: MimeFields, to: Recipients): Promise<Buffer> {
  const stream = await toMimeStream(message, fields, to);
  return readWithin(stream, { bytes: LARGEST_MESSAGE_BYTES }, 'message');
}

async function toMimeStream(message: CheckedMessage, fields: MimeFields, to: Recipients): Promise<Readable> {
  try {
    const composed = await composer.sendMail({
      ...fields,
      text: asPart(fields.text),
      html: asPart(fields.html),
      amp: asPart(fields.amp),
      alternatives: fields.alternatives.map(asAttachment),
      attachments: message.attachments.map(asAttachment),
      from: asAddress(message.from),
      ...(message.sender ? { sender: asAddress(message.sender) } : {}),
      replyTo: message.replyTo.map(asAddress),
      to: to.to.map(asAddress),
      cc: to.cc.map(asAddress),
      headers: toNodemailer(message.headers),
      newline: 'win',
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return composed.message as Readable;
  } catch (error) {
    throw new MessageInvalidError('message', `can't be composed: ${String(error)}`, { cause: error });
  }
}

function delivered(mailbox: Mailbox): string {
  return mailbox.delivered;
}

function asAddress({ name, delivered: address }: Mailbox): { name: string; address: string } {
  return { name, address };
}

/** A file's stream has a `path`, which nodemailer would take for the name of a file to open. */
function asPart(content: MimeFields['text']) {
  return isStream(content) ? { content } : content;
}

function asAttachment({ headers, ...attachment }: ReadyAttachment): object {
  const given = Object.entries({ ...attachment, headers: toNodemailer(headers) });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
