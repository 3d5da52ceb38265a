import type { Attachment, EmailContent, MessageHeader } from '@aws-sdk/client-sesv2';
import MimeNode from 'nodemailer/lib/mime-node';
import * as mimeFuncs from 'nodemailer/lib/mime-funcs';
import { describeError } from '../describe-error.js';
import { MessageInvalidError } from './errors.js';
import { headerText } from './header-text.js';
import type { ReadingTime } from './read-stream.js';
import type { ByteBudget } from './byte-budget.js';
import { readWithin } from './read-within.js';
import type { ReadyAttachment } from './read-attachments.js';
import { refuseUnknownKeys } from './read-content.js';
import type { HeaderField } from './read-headers.js';

/** An SES template and its data as JSON. */
export interface TemplateChoice {
  name: string;
  data: string;
}

/** SES API reference, `Template.TemplateData`. */
const LONGEST_DATA = 262_144;
/** SES API reference, `Template.Headers` and `MessageHeader`. */
const MOST_HEADERS = 15;
const HEADER_VALUE = /^[ -~]{1,995}$/;
const LONGEST_HEADER = 996;
/** SES API reference, `Attachment`. */
const LONGEST_FILE_NAME = 255;
const LONGEST_CONTENT_TYPE = 78;
const LONGEST_CONTENT_ID = 78;

export function readTemplate(given: unknown): TemplateChoice {
  if (typeof given !== 'object' || given === null) {
    throw new MessageInvalidError('template', 'expected { name, data }');
  }
  refuseUnknownKeys('template', given, ['name', 'data']);
  const { name, data = {} } = given as { name?: unknown; data?: unknown };
  const text = headerText('template.name', name);
  if (text === '') throw new MessageInvalidError('template.name', 'is empty');
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new MessageInvalidError('template.data', 'expected an object');
  }
  const json = toJson(data);
  if (json.length > LONGEST_DATA) {
    throw new MessageInvalidError(
      'template.data',
      `is ${json.length} characters as JSON; SES takes ${LONGEST_DATA}`,
    );
  }
  return { name: text, data: json };
}

/** `Content.Template` by SES's rules, which are narrower than those of a MIME message. */
export async function templateContent(
  template: TemplateChoice,
  headers: HeaderField[],
  attachments: ReadyAttachment[],
  budget: ByteBudget,
  time: ReadingTime,
): Promise<EmailContent> {
  return {
    Template: {
      TemplateName: template.name,
      TemplateData: template.data,
      ...(headers.length > 0 ? { Headers: templateHeaders(headers) } : {}),
      ...(attachments.length > 0
        ? { Attachments: await templateAttachments(attachments, budget, time) }
        : {}),
    },
  };
}

export function templateHeaders(headers: HeaderField[]): MessageHeader[] {
  if (headers.length > MOST_HEADERS) {
    throw new MessageInvalidError(
      'headers',
      `${headers.length} headers; SES takes ${MOST_HEADERS} with a template`,
    );
  }
  return headers.map(({ key, value, prepared }) => {
    const encoded = prepared ? value : MimeNode.encodeHeaderValue(key, value);
    if (!HEADER_VALUE.test(encoded) || key.length + encoded.length > LONGEST_HEADER) {
      throw new MessageInvalidError(
        `headers.${key}`,
        'with a template SES takes 1 to 995 printable ASCII characters for a value, and 996 with the name',
      );
    }
    return { Name: key, Value: encoded };
  });
}

async function templateAttachments(
  given: ReadyAttachment[],
  budget: ByteBudget,
  time: ReadingTime,
): Promise<Attachment[]> {
  const attachments: Attachment[] = [];
  for (const [i, one] of given.entries()) {
    const field = `attachments[${i}]`;
    if (one.headers.length > 0) {
      throw new MessageInvalidError(
        `${field}.headers`,
        'SES takes no headers of an attachment together with a template',
      );
    }
    const type = one.contentType ?? mimeFuncs.detectMimeType(one.filename || 'bin');
    const name = one.filename || `attachment-${i + 1}.${mimeFuncs.detectExtension(type)}`;
    noLongerThan(`${field}.filename`, name, LONGEST_FILE_NAME);
    noLongerThan(`${field}.contentType`, type, LONGEST_CONTENT_TYPE);
    if (one.cid !== undefined) noLongerThan(`${field}.cid`, one.cid, LONGEST_CONTENT_ID);
    attachments.push({
      FileName: name,
      ContentType: type,
      ContentDisposition:
        (one.contentDisposition ?? (one.cid ? 'inline' : 'attachment')) === 'inline'
          ? 'INLINE'
          : 'ATTACHMENT',
      ...(one.cid === undefined ? {} : { ContentId: one.cid }),
      ContentTransferEncoding: 'BASE64',
      RawContent: await readWithin(one.content, budget, `${field}.content`, time),
    });
  }
  return attachments;
}

function noLongerThan(field: string, text: string, most: number): void {
  if (text.length > most) {
    throw new MessageInvalidError(field, `is ${text.length} characters; SES takes ${most} with a template`);
  }
}

function toJson(data: object): string {
  try {
    return JSON.stringify(data);
  } catch (error) {
    throw new MessageInvalidError('template.data', `can't be written as JSON: ${describeError(error)}`, {
      cause: error,
    });
  }
}
