import { bareAddress } from './mailbox.js';
import type { Members } from './members.js';
import type { MailHeader } from './mime-headers.js';
import type { Outgoing } from './outgoing.js';
import { badRequest } from './ses-error.js';

const MAX_RECIPIENTS = 50;
const MAX_HEADERS = 15;
const TAG = /^[A-Za-z0-9_-]{1,256}$/;

/** `Destination{ToAddresses,CcAddresses,BccAddresses}`; `undefined` when it names nobody. */
export function readDestination(destination: Members | undefined): Outgoing['destination'] | undefined {
  const to = destination?.texts('ToAddresses') ?? [];
  const cc = destination?.texts('CcAddresses') ?? [];
  const bcc = destination?.texts('BccAddresses') ?? [];
  return to.length + cc.length + bcc.length > 0 ? { to, cc, bcc } : undefined;
}

/** The bare addresses of all fields: 1 to 50, each well formed. */
export function recipientsOf(destination: Outgoing['destination'] | undefined): string[] {
  const given = destination ? [...destination.to, ...destination.cc, ...destination.bcc] : [];
  if (given.length === 0) throw badRequest('Destination must name at least one recipient.');
  if (given.length > MAX_RECIPIENTS) throw badRequest(`Recipient count exceeds ${MAX_RECIPIENTS}.`);
  return given.map(bareAddress);
}

/** `[{Name,Value}]`, as SES restricts them: ASCII letters, digits, `_` and `-`, up to 256 of them. */
export function readTags(tags: Members[] | undefined): Record<string, string> | undefined {
  if (tags === undefined || tags.length === 0) return undefined;
  return checkTags(tags.map((tag) => [tag.required('Name'), tag.required('Value')]));
}

/** `X-SES-MESSAGE-TAGS: campaign=may, plan=pro` */
export function readTagHeader(header: string): Record<string, string> {
  const pairs = header
    .split(',')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');
  return checkTags(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
      return [name.trim(), value.trim()];
    }),
  );
}

function checkTags(pairs: [name: string, value: string][]): Record<string, string> {
  for (const [name, value] of pairs) {
    if (!TAG.test(name))
      throw badRequest(
        `Invalid tag name <${name}>: only alphanumeric ASCII characters, '_', and '-' are allowed, at most 256.`,
      );
    if (!TAG.test(value))
      throw badRequest(
        `Invalid tag value <${value}>: only alphanumeric ASCII characters, '_', and '-' are allowed, at most 256.`,
      );
  }
  return Object.fromEntries(pairs);
}

/** `Headers` of simple and templated mail: at most 15, printable ASCII. */
export function readHeaders(headers: Members[] | undefined): MailHeader[] {
  const read = (headers ?? []).map((header) => ({
    name: header.required('Name'),
    value: header.required('Value'),
  }));
  if (read.length > MAX_HEADERS) throw badRequest(`Headers may have at most ${MAX_HEADERS} entries.`);
  for (const { name, value } of read) {
    if (!/^[!-9;-@A-~]{1,126}$/.test(name)) throw badRequest(`Header name <${name}> is not valid.`);
    if (!/^[ -~]{1,995}$/.test(value)) throw badRequest(`The value of header <${name}> is not valid.`);
    if (name.length + value.length > 996)
      throw badRequest(`Header <${name}> is longer than 996 characters with its value.`);
  }
  return read;
}

/** Entries of the second list win over those of the same name in the first. */
export function mergeHeaders(base: MailHeader[], winning: MailHeader[]): MailHeader[] {
  const names = new Set(winning.map(({ name }) => name.toLowerCase()));
  return [...base.filter(({ name }) => !names.has(name.toLowerCase())), ...winning];
}

/** What a caller can't have in this simulator is refused, not left out silently. */
export function refuseForeignFeatures(body: Members): void {
  if (body.text('TenantName') !== undefined) throw badRequest('TenantName: the simulator has no tenants.');
  if (body.text('EndpointId') !== undefined)
    throw badRequest('EndpointId: the simulator has no multi-region endpoints.');
  const listName = body.member('ListManagementOptions')?.required('ContactListName');
  if (listName !== undefined)
    throw badRequest(`ListManagementOptions: the simulator has no contact list ${listName}.`);
}
