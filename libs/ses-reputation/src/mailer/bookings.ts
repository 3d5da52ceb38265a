import { domainOfKey, isMailboxSimulator } from '../address/address-key.js';
import type { Booking } from '../reputation/counts.js';

const MINUTE_MS = 60_000;

/** What a sent message adds to the volume: one count a recipient, booked to the minute of SES's answer. */
export function sentBookings(
  keys: string[],
  { stream, configurationSet }: Pick<Booking, 'stream' | 'configurationSet'>,
  at: Date,
): Booking[] {
  const sentAt = new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS);
  const byDomain = new Map<string, number>();
  for (const key of keys) {
    if (isMailboxSimulator(key)) continue;
    const domain = domainOfKey(key);
    byDomain.set(domain, (byDomain.get(domain) ?? 0) + 1);
  }
  return Array.from(byDomain, ([domain, sent]) => ({
    sentAt,
    stream,
    domain,
    configurationSet,
    counts: { sent },
  }));
}
