import { MessageInvalidError } from './errors.js';
import { LONGEST, optionalHeaderText } from './header-text.js';
import { contentOf, refuseUnknownKeys, type ReadyContent } from './read-content.js';
import { readAnyHeaders, type HeaderField } from './read-headers.js';

export interface ReadyAttachment {
  filename: string | false | undefined;
  content: ReadyContent;
  contentType: string | undefined;
  contentDisposition: 'attachment' | 'inline' | undefined;
  contentTransferEncoding: string | false | undefined;
  cid: string | undefined;
  headers: HeaderField[];
}

const KEYS = [
  'filename',
  'content',
  'path',
  'href',
  'encoding',
  'contentType',
  'contentDisposition',
  'contentTransferEncoding',
  'cid',
  'headers',
];
const ENCODINGS = ['base64', 'quoted-printable', '7bit', '8bit'];

/** Reads attachments or alternatives: contents decoded, everything that becomes a header checked. */
export function readAttachments(field: string, given: unknown): ReadyAttachment[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw new MessageInvalidError(field, 'expected a list');
  return given.map((one: unknown, i) => readAttachment(`${field}[${i}]`, one));
}

function readAttachment(field: string, given: unknown): ReadyAttachment {
  if (typeof given !== 'object' || given === null) {
    throw new MessageInvalidError(field, 'expected an object such as { filename, content }');
  }
  refuseUnknownKeys(field, given, KEYS);
  const { filename, contentType, contentDisposition, contentTransferEncoding, cid, headers } =
    given as Record<string, unknown>;
  if (
    contentDisposition !== undefined &&
    contentDisposition !== 'attachment' &&
    contentDisposition !== 'inline'
  ) {
    throw new MessageInvalidError(`${field}.contentDisposition`, 'expected "attachment" or "inline"');
  }
  return {
    filename:
      filename === false ? false : optionalHeaderText(`${field}.filename`, filename, LONGEST.fileName),
    content: contentOf(field, given),
    contentType: readContentType(`${field}.contentType`, contentType ?? dataUriType(given)),
    contentDisposition,
    contentTransferEncoding: readEncoding(`${field}.contentTransferEncoding`, contentTransferEncoding),
    cid: optionalHeaderText(`${field}.cid`, cid, LONGEST.partField),
    headers: readPartHeaders(`${field}.headers`, headers),
  };
}

function readContentType(field: string, given: unknown): string | undefined {
  const type = optionalHeaderText(field, given, LONGEST.partField);
  if (type === undefined) return undefined;
  if (!/^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+\s*(;|$)/.test(type) || /^multipart\//i.test(type)) {
    throw new MessageInvalidError(
      field,
      `"${type.slice(0, 100)}" is no media type of one part, such as image/png`,
    );
  }
  return type;
}

function dataUriType(given: object): string | undefined {
  const { path, href } = given as { path?: unknown; href?: unknown };
  return /^data:([a-z0-9.+-]+\/[a-z0-9.+-]+)/i.exec(String(path ?? href ?? ''))?.[1];
}

function readEncoding(field: string, given: unknown): string | false | undefined {
  if (given === undefined || given === false) return given;
  if (!ENCODINGS.includes(given as string)) {
    throw new MessageInvalidError(field, `expected ${ENCODINGS.join(', ')} or false`);
  }
  return given as string;
}

function readPartHeaders(field: string, given: unknown): HeaderField[] {
  return readAnyHeaders(field, given).map((header) => {
    if (/^content-(type|disposition|transfer-encoding|id)$/i.test(header.key)) {
      throw new MessageInvalidError(
        `${field}.${header.key}`,
        'is not set here; use contentType, contentDisposition, contentTransferEncoding or cid',
      );
    }
    return header;
  });
}
