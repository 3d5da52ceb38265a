import { domainOfKey } from '../address/address-key.js';

/**
 * Whether a recipient is a verified identity of the account: the address itself, its domain, or a domain above
 * that one, since SES lets a verified domain stand for its subdomains.
 *
 * @param key look-up key
 * @param verified look-up keys of addresses, and domains
 */
export function isVerified(key: string | null, verified: ReadonlySet<string>): boolean {
  if (key === null || verified.size === 0) return false;
  if (verified.has(key)) return true;
  const labels = domainOfKey(key).split('.');
  return labels.some((_, n) => verified.has(labels.slice(n).join('.')));
}
