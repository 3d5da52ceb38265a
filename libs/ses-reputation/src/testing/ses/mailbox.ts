import addressparser from 'nodemailer/lib/addressparser';
import { badRequest } from './ses-error.js';

const MAX_ADDRESS = 320;
/** With a display name, which encoded words make long. */
const MAX_MAILBOX = 4_096;

/** The bare address of one mailbox as the API takes it: `ann@example.com` or `Ann <ann@example.com>`. */
export function bareAddress(given: string): string {
  if (given.length > MAX_MAILBOX) throw badRequest(`Illegal address: longer than ${MAX_MAILBOX} characters.`);
  const found = addressparser(given, { flatten: true });
  const address = found.length === 1 ? found[0]!.address : '';
  if (found.length > 1) throw badRequest(`Illegal address: "${given}" is more than one.`);
  checkAddress(address);
  return address;
}

/** The bare addresses of a From, To, Cc or Bcc header. */
export function addressesIn(header: string): string[] {
  return addressparser(header, { flatten: true }).map(({ address }) => {
    checkAddress(address);
    return address;
  });
}

// SES reads addresses with JavaMail and answers in its words.
function checkAddress(address: string): void {
  if (address.length > MAX_ADDRESS)
    throw badRequest(`Illegal address: longer than ${MAX_ADDRESS} characters.`);
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (at < 0 || domain === '') throw badRequest("Missing final '@domain'");
  if (local === '') throw badRequest('Missing local name');
  if (/[^\x21-\x7e]/.test(local) && !/^"[\x20-\x7e]*"$/.test(local))
    throw badRequest('Local address contains control or whitespace');
  if (local.includes('@') && !local.startsWith('"')) throw badRequest('Illegal whitespace in address');
  if (/^\.|\.$|\.\./.test(local)) throw badRequest('Local address starts or ends with a dot');
  if (!/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(domain))
    throw badRequest('Domain contains illegal character');
}
