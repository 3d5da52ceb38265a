import addressparser from 'nodemailer/lib/addressparser';
import MimeNode from 'nodemailer/lib/mime-node';
import { parseAddrSpec, writeLocal } from '../address/addr-spec.js';
import { keyOf } from '../address/address-key.js';
import { MessageInvalidError } from './errors.js';
import { headerText, LONGEST } from './header-text.js';
import { splitAddressList } from './split-address-list.js';

/** One address of a message in its three forms. */
export interface Mailbox {
  /** Display name; may be empty. */
  name: string;
  /** As given, without the display name. */
  given: string;
  /** As SES gets it: ASCII, its domain as Punycode. */
  delivered: string;
  /** Look-up key. */
  key: string;
}

const DEEPEST = 20;

/** One address and nothing else, as most are: those who read lists, names and comments find the same in it. */
const PLAIN = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}$/;

/** Senders are the same for thousands of mails. */
const sendersRead = new Map<string, Mailbox>();
const MOST_SENDERS = 100;

/** Reads the address of a sender, which {@link readMailboxes} would read again for each mail. */
export function readSenders(field: string, given: unknown): Mailbox[] {
  const known = typeof given === 'string' ? sendersRead.get(given) : undefined;
  if (known) return [known];
  const senders = readMailboxes(field, given);
  if (typeof given === 'string' && senders.length === 1) {
    if (sendersRead.size >= MOST_SENDERS) sendersRead.clear();
    sendersRead.set(given, senders[0]!);
  }
  return senders;
}

/**
 * Reads an address field in any of nodemailer's shapes, groups flattened.
 *
 * @throws MessageInvalidError that names the field
 */
export function readMailboxes(field: string, given: unknown, depth = 0): Mailbox[] {
  if (given === undefined || given === null || given === '') return [];
  if (depth > DEEPEST) throw new MessageInvalidError(field, 'is nested too deeply');
  if (typeof given === 'string') {
    if (PLAIN.test(given)) return [readMailbox(field, given, '', given)];
    return splitAddressList(headerText(field, given, LONGEST.addressList)).map((one) => {
      const text = headerText(field, one);
      return readMailbox(field, text, headerText(field, nameIn(text), LONGEST.displayName));
    });
  }
  if (Array.isArray(given)) {
    return given.flatMap((one: unknown, i) => {
      if (one === undefined || one === null || one === '') {
        throw new MessageInvalidError(`${field}[${i}]`, 'expected an address, got nothing');
      }
      return readMailboxes(`${field}[${i}]`, one, depth + 1);
    });
  }
  if (typeof given !== 'object') {
    throw new MessageInvalidError(field, `expected an address, got ${typeof given}`);
  }
  const { name, address, group } = given as { name?: unknown; address?: unknown; group?: unknown };
  if (Array.isArray(group)) return readMailboxes(`${field}.group`, group, depth + 1);
  const label =
    name === undefined || name === null ? '' : headerText(`${field}.name`, name, LONGEST.displayName);
  return [readMailbox(field, headerText(`${field}.address`, address), label)];
}

/** `Ann <ann@example.com>` in ASCII, as a header or SES's `FromEmailAddress` takes it. */
export function formatMailbox({ name, delivered }: Mailbox): string {
  return MimeNode.encodeHeaderValue('From', [{ name, address: delivered }]);
}

function readMailbox(field: string, text: string, name: string, bare?: string): Mailbox {
  const spec = parseAddrSpec(text);
  if (!spec) {
    throw new MessageInvalidError(
      field,
      `"${text.slice(0, 320)}" is not one address; write ann@example.com or Ann <ann@example.com>, with commas between several`,
    );
  }
  if (/[^\x20-\x7e]/.test(spec.local)) {
    throw new MessageInvalidError(
      field,
      `"${text.slice(0, 320)}" can't be mailed with SES: the part before @ must be ASCII`,
    );
  }
  const delivered = `${writeLocal(spec.local)}@${spec.domain}`;
  return { name, given: bare ?? bareAddress(text), delivered, key: keyOf(spec) };
}

function bareAddress(text: string): string {
  return (addressparser(text, { flatten: true })[0]?.address || text).trim();
}

function nameIn(text: string): string {
  return addressparser(text, { flatten: true })[0]?.name ?? '';
}
