import type { Readable } from 'node:stream';
import { createTransport, type Transport } from 'nodemailer';
import type { Destination, SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { describeError } from '../describe-error.js';
import type { CheckedMessage } from './check-message.js';
import { MessageInvalidError } from './errors.js';
import type { MimeFields } from './mime-fields.js';
import type { ReadyAttachment } from './read-attachments.js';
import { READING_TIME, type ReadingTime } from './read-stream.js';
import type { ReadyContent } from './read-content.js';
import { toNodemailer } from './read-headers.js';
import { formatMailbox, type Mailbox } from './read-mailboxes.js';
import type { Recipients } from './read-recipients.js';
import { LARGEST_MESSAGE_BYTES, type ByteBudget } from './byte-budget.js';
import { readComposed, readWithin } from './read-within.js';
import { isPlainMailbox, simpleContent } from './simple-content.js';
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
 * The request for SES: a template, a simple message that SES composes, or one composed here. The recipients stand in
 * `Destination`, so that SES reads none out of headers, and Bcc is in no header at all.
 *
 * @param closing hurries the reading of streams, as the application closes
 * @throws MessageInvalidError if a stream can't be read, or the message is larger than SES takes
 */
export async function composeRequest(
  message: CheckedMessage,
  recipients: Recipients,
  closing: AbortSignal,
): Promise<SendEmailCommandInput> {
  const { content, configurationSet } = message;
  const time = { ...READING_TIME, closing };
  const common = {
    FromEmailAddress: formatMailbox(message.from),
    Destination: destination(recipients, delivered),
    EmailTags: message.tags,
    ...(configurationSet === null ? {} : { ConfigurationSetName: configurationSet }),
  };
  if ('name' in content) {
    // What is measured is base64, four bytes for three.
    const budget = { bytes: Math.floor((LARGEST_MESSAGE_BYTES * 3) / 4) };
    return {
      ...common,
      ReplyToAddresses: message.replyTo.map(formatMailbox),
      Content: await templateContent(content, message.headers, message.attachments, budget, time),
    };
  }
  return (
    simpleRequest(message, content, recipients, common) ?? {
      ...common,
      Content: { Raw: { Data: await composeMime(message, content, recipients, time) } },
    }
  );
}

/** Without names there would be none in the mail's To and Cc. */
function simpleRequest(
  message: CheckedMessage,
  fields: MimeFields,
  recipients: Recipients,
  common: Omit<SendEmailCommandInput, 'Content'>,
): SendEmailCommandInput | null {
  const Content = simpleContent(message, fields);
  if (!Content) return null;
  const Destination = destination(recipients, formatMailbox);
  const ReplyToAddresses = message.replyTo.map(formatMailbox);
  const { FromEmailAddress = '' } = common;
  const { ToAddresses, CcAddresses } = Destination;
  // What SES's mail to nobody in To says there is not written anywhere.
  if (ToAddresses.length === 0) return null;
  const written = [FromEmailAddress, ...ToAddresses, ...CcAddresses, ...ReplyToAddresses];
  if (!written.every(isPlainMailbox)) return null;
  return { ...common, Destination, ...(ReplyToAddresses.length > 0 ? { ReplyToAddresses } : {}), Content };
}

/** The same request's `Destination`, for fewer recipients. */
export function narrowedTo(request: SendEmailCommandInput, recipients: Recipients): Destination {
  return destination(recipients, request.Content?.Simple ? formatMailbox : delivered);
}

function destination(
  { to, cc, bcc }: Recipients,
  write: (mailbox: Mailbox) => string,
): Record<'ToAddresses' | 'CcAddresses' | 'BccAddresses', string[]> {
  return { ToAddresses: to.map(write), CcAddresses: cc.map(write), BccAddresses: bcc.map(delivered) };
}

async function composeMime(
  message: CheckedMessage,
  fields: MimeFields,
  to: Recipients,
  time: ReadingTime,
): Promise<Buffer> {
  const read = reader({ bytes: LARGEST_MESSAGE_BYTES }, time);
  const contents = {
    text: await read('text', fields.text),
    html: await read('html', fields.html),
    amp: await read('amp', fields.amp),
    alternatives: await asParts(fields.alternatives, 'alternatives', read),
    attachments: await asParts(message.attachments, 'attachments', read),
  };
  try {
    const composed = await composer.sendMail({
      ...fields,
      ...contents,
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
    return await readComposed(composed.message as Readable);
  } catch (error) {
    if (error instanceof MessageInvalidError) throw error;
    throw new MessageInvalidError('message', `can't be composed: ${describeError(error)}`, { cause: error });
  }
}

type ReadContent = (field: string, content: ReadyContent | undefined) => Promise<string | Buffer | undefined>;

/** nodemailer pipes the streams it is given, and a stream that breaks a pipe's rules would end the process. */
function reader(budget: ByteBudget, time: ReadingTime): ReadContent {
  return async (field, content) =>
    content === undefined || typeof content === 'string' || Buffer.isBuffer(content)
      ? content
      : readWithin(content, budget, field, time);
}

function delivered(mailbox: Mailbox): string {
  return mailbox.delivered;
}

function asAddress({ name, delivered: address }: Mailbox): { name: string; address: string } {
  return { name, address };
}

async function asParts(given: ReadyAttachment[], field: string, read: ReadContent): Promise<object[]> {
  const parts: object[] = [];
  for (const [i, { headers, content, ...attachment }] of given.entries()) {
    const part = Object.entries({
      ...attachment,
      content: await read(`${field}[${i}].content`, content),
      headers: toNodemailer(headers),
    });
    parts.push(Object.fromEntries(part.filter(([, value]) => value !== undefined)));
  }
  return parts;
}
