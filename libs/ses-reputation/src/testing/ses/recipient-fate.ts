/** What becomes of mail to one recipient. */
export type RecipientFate =
  'delivered' | 'hard-bounce' | 'soft-bounce' | 'auto-reply' | 'complaint' | 'global-list' | 'account-list';

const MAILBOX_SIMULATOR: Record<string, RecipientFate> = {
  success: 'delivered',
  bounce: 'hard-bounce',
  ooto: 'auto-reply',
  complaint: 'complaint',
  suppressionlist: 'global-list',
};

const TEST_DOMAINS: Record<string, RecipientFate> = {
  'hard.test': 'hard-bounce',
  'soft.test': 'soft-bounce',
  'complaint.test': 'complaint',
};

/** Amazon's own test addresses: they touch neither quota, list nor rates. */
export function isMailboxSimulator(address: string): boolean {
  return domainOf(address) === 'simulator.amazonses.com';
}

/**
 * The fate that an address spells out itself: Amazon's mailbox simulator (`bounce+label@…` too), or the
 * simulator's own `*@hard.test`, `*@soft.test` and `*@complaint.test`. All others are delivered.
 */
export function fateOf(address: string): RecipientFate {
  if (isMailboxSimulator(address)) {
    const local = address.slice(0, address.lastIndexOf('@')).toLowerCase().replace(/\+.*$/, '');
    return (Object.hasOwn(MAILBOX_SIMULATOR, local) && MAILBOX_SIMULATOR[local]) || 'delivered';
  }
  const domain = domainOf(address);
  return (Object.hasOwn(TEST_DOMAINS, domain) && TEST_DOMAINS[domain]) || 'delivered';
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}
