import { bareAddress } from './mailbox.js';
import {
  mergeHeaders,
  readDestination,
  readHeaders,
  readTags,
  recipientsOf,
  refuseForeignFeatures,
} from './mail-fields.js';
import type { Members } from './members.js';
import type { MailAttachment } from './mime-body.js';
import type { Outgoing, TemplateReference } from './outgoing.js';
import { readRawContent } from './raw-content.js';
import { badRequest } from './ses-error.js';
import { readTemplateContent, readTemplateData } from './templates.js';

// After base64: what SES measures is the message as it goes out.
const MAX_MESSAGE_BYTES = 40 * 1024 * 1024;

const MAX_BULK_ENTRIES = 50;

/** Reads and checks the body of `SendEmail` as far as that needs no state of the account. */
export function readSendEmail(body: Members): Outgoing {
  refuseForeignFeatures(body);
  const content = body.member('Content');
  const simple = content?.member('Simple');
  const raw = content?.member('Raw');
  const template = content?.member('Template');
  if ([simple, raw, template].filter(Boolean).length !== 1)
    throw badRequest('Content must have exactly one of Simple, Raw and Template.');
  if (raw) return readRawEmail(body, raw);
  const destination = readDestination(body.member('Destination'));
  const common = {
    ...readSender(body),
    destination: destination ?? { to: [], cc: [], bcc: [] },
    recipients: recipientsOf(destination),
    configurationSet: body.text('ConfigurationSetName'),
    tags: readTags(body.list('EmailTags')) ?? {},
    headers: readHeaders((simple ?? template)!.list('Headers')),
  };
  if (simple) return { ...common, operation: 'SendEmail', content: readSimple(simple) };
  return { ...common, operation: 'SendTemplatedEmail', content: readTemplate(template!) };
}

/** The entries of `SendBulkEmail` and the template they share. */
export function readBulkEntries(body: Members): { entries: Members[]; template: TemplateReference } {
  refuseForeignFeatures(body);
  readSender(body);
  const entries = body.list('BulkEmailEntries') ?? [];
  if (entries.length === 0) throw badRequest('BulkEmailEntries must have at least one entry.');
  if (entries.length > MAX_BULK_ENTRIES)
    throw badRequest(`BulkEmailEntries may have at most ${MAX_BULK_ENTRIES} entries.`);
  return { entries, template: readTemplateReference(bulkTemplate(body)) };
}

/** One entry of `SendBulkEmail`. Throws what the entry's result then tells. */
export function readBulkEntry(body: Members, entry: Members): Outgoing {
  const template = bulkTemplate(body);
  const destination = readDestination(entry.member('Destination'));
  const replacement = entry.member('ReplacementEmailContent')?.member('ReplacementTemplate');
  return {
    ...readSender(body),
    operation: 'SendBulkTemplatedEmail',
    destination: destination ?? { to: [], cc: [], bcc: [] },
    recipients: recipientsOf(destination),
    configurationSet: body.text('ConfigurationSetName'),
    tags: { ...readTags(body.list('DefaultEmailTags')), ...readTags(entry.list('ReplacementTags')) },
    headers: mergeHeaders(
      readHeaders(template.list('Headers')),
      readHeaders(entry.list('ReplacementHeaders')),
    ),
    content: readTemplate(template, replacement?.text('ReplacementTemplateData')),
  };
}

function bulkTemplate(body: Members): Members {
  const template = body.member('DefaultContent')?.member('Template');
  if (!template) throw badRequest('DefaultContent.Template is required.');
  return template;
}

/** Data of a bulk entry wins over the default data, member by member. */
function readTemplate(template: Members, replacementData?: string): Outgoing['content'] {
  const attachments = readAttachments(template.list('Attachments'));
  checkSize(encodedSize(attachments));
  return {
    kind: 'template',
    template: readTemplateReference(template),
    data: { ...readTemplateData(template.text('TemplateData')), ...readTemplateData(replacementData) },
    attachments,
  };
}

function readTemplateReference(template: Members): TemplateReference {
  const name = template.text('TemplateName');
  const arn = template.text('TemplateArn');
  const content = template.member('TemplateContent');
  if (content) {
    if (name ?? arn) throw badRequest('Template must have either a name or ARN, or TemplateContent.');
    return { content: readTemplateContent(content) };
  }
  const found = name ?? arn?.replace(/^.*:template\//, '');
  if (!found) throw badRequest('Template must have TemplateName, TemplateArn or TemplateContent.');
  return { name: found };
}

function readSender(body: Members): Pick<Outgoing, 'from' | 'senders' | 'replyTo'> {
  const from = body.text('FromEmailAddress');
  if (from === undefined) throw badRequest('FromEmailAddress is required.');
  const replyTo = body.texts('ReplyToAddresses') ?? [];
  for (const address of replyTo) bareAddress(address);
  return { from, senders: [bareAddress(from)], replyTo };
}

function readRawEmail(body: Members, given: Members): Outgoing {
  const data = given.bytes('Data');
  if (!data || data.length === 0) throw badRequest('Content.Raw.Data is required.');
  checkSize(data.length);
  const message = readRawContent(data);
  const from = body.text('FromEmailAddress') ?? message.from;
  if (from === undefined) throw badRequest("Missing required header 'From'.");
  const senders = new Set([from, message.from ?? from].map(bareAddress));
  const destination = readDestination(body.member('Destination')) ?? message.destination;
  return {
    operation: 'SendRawEmail',
    from,
    senders: [...senders],
    destination,
    recipients: recipientsOf(destination),
    replyTo: [],
    configurationSet: body.text('ConfigurationSetName') ?? message.configurationSet,
    // Tags of the call replace those of the header; SES doesn't merge them.
    tags: readTags(body.list('EmailTags')) ?? message.tags ?? {},
    headers: message.headers,
    content: { kind: 'message', ...pick(message) },
  };
}

function pick({ subject, raw, text, html, attachments }: ReturnType<typeof readRawContent>) {
  return { subject, raw, text, html, attachments };
}

function readSimple(simple: Members): Outgoing['content'] {
  const subject = simple.member('Subject')?.text('Data');
  if (subject === undefined) throw badRequest('Content.Simple.Subject.Data is required.');
  const body = simple.member('Body');
  const text = body?.member('Text')?.text('Data');
  const html = body?.member('Html')?.text('Data');
  if (text === undefined && html === undefined)
    throw badRequest('Content.Simple.Body must have Text.Data or Html.Data.');
  const attachments = readAttachments(simple.list('Attachments'));
  checkSize(Buffer.byteLength(subject + (text ?? '') + (html ?? '')) + encodedSize(attachments));
  return { kind: 'message', subject, text, html, attachments, raw: undefined };
}

function readAttachments(given: Members[] | undefined): MailAttachment[] {
  return (given ?? []).map((attachment) => ({
    filename: attachment.required('FileName'),
    contentType: attachment.text('ContentType') ?? 'application/octet-stream',
    content: attachment.bytes('RawContent') ?? Buffer.alloc(0),
  }));
}

function encodedSize(attachments: MailAttachment[]): number {
  return attachments.reduce((sum, { content }) => sum + Math.ceil(content.length / 3) * 4, 0);
}

function checkSize(bytes: number): void {
  if (bytes > MAX_MESSAGE_BYTES)
    throw badRequest(`Message length is more than ${MAX_MESSAGE_BYTES} bytes long: '${bytes}'.`);
}
