import { randomUUID } from 'node:crypto';
import { In, type EntityManager } from 'typeorm';
import { isMailboxSimulator } from '../address/address-key.js';
import type { Raise } from '../events/event-outbox.js';
import { isLive } from '../suppression/merge-suppression.js';
import { EVERY_STREAM, type SuppressedAddress } from '../suppression/suppressed-address.entity.js';
import type { NewSuppression, SuppressionLedger } from '../suppression/suppression-ledger.js';
import { AccountListEntry } from './account-list-entry.entity.js';
import type { RejectedEntry } from './account-list-result.js';
import { mirrored, writeEntries } from './mirror.js';
import { writeReplaced } from './replaced-suppression.js';
import type { ListedAddress } from './ses-account-list.js';

const PART = 500;

export interface StoredPage {
  /** Newly suppressed. */
  added: number;
  /** Entries that this pull has not seen before. */
  fresh: number;
  rejected: RejectedEntry[];
}

/** Takes a page of SES's list over: into the mirror, and, but for those released since, into the list here. */
export async function storePage(
  tx: EntityManager,
  raise: Raise,
  ledger: SuppressionLedger,
  { page, run, now }: { page: readonly ListedAddress[]; run: number; now: Date },
): Promise<StoredPage> {
  // SES lists a spelling once; were it twice, its key would be written twice.
  const entries = [
    ...new Map(page.map((listed) => [listed.address, mirrored(listed, { run, now })])).values(),
  ];
  const stored: StoredPage = { added: 0, fresh: 0, rejected: [] };
  for (let i = 0; i < entries.length; i += PART) {
    const part = await storePart(tx, raise, ledger, { entries: entries.slice(i, i + PART), now });
    stored.added += part.added;
    stored.fresh += part.fresh;
    stored.rejected.push(...part.rejected);
  }
  return stored;
}

async function storePart(
  tx: EntityManager,
  raise: Raise,
  ledger: SuppressionLedger,
  { entries, now }: { entries: AccountListEntry[]; now: Date },
): Promise<StoredPage> {
  const keys = [...new Set(entries.map(({ key }) => key))].filter((key) => key !== '');
  const erased = await ledger.erased(tx, keys);
  // What was erased while it was on its way into the mirror goes now.
  if (erased.size > 0) await tx.delete(AccountListEntry, { key: In([...erased.keys()]) });
  const kept = entries.filter(({ key }) => !erased.has(key));

  const wanted = await suppressing(tx, ledger, kept);
  const before = await ledger.lockRows(tx, [...new Set(wanted.map(({ key }) => key))]);
  const { events, outcomes } = await ledger.apply(
    tx,
    wanted.map((entry) => suppressionOf(entry)),
  );
  // Of what is not suppressed, nothing has given way.
  const replaced = new Map<string, string | null>(kept.map(({ id }) => [id, null]));
  wanted.forEach(({ id, key }, i) => {
    if (outcomes[i] === 'changed') replaced.set(id, replacedBy(before, key, now));
    if (outcomes[i] === 'unchanged') replaced.delete(id);
  });
  const fresh = await writeEntries(tx, kept, replaced);
  raise(events());
  return {
    added: outcomes.filter((outcome) => outcome === 'added').length,
    fresh,
    rejected: kept
      .filter(({ key }) => key === '')
      .map(({ address }) => ({ address, why: 'SES lists it, and it can’t be read as an address' })),
  };
}

/** A release here that is newer than SES's entry wins; Amazon's mailbox simulator is never suppressed. */
async function suppressing(
  tx: EntityManager,
  ledger: SuppressionLedger,
  entries: AccountListEntry[],
): Promise<AccountListEntry[]> {
  const readable = entries.filter(({ key }) => key !== '' && !isMailboxSimulator(key));
  const releases = await ledger.releases(
    tx,
    readable.map(({ key }) => key),
  );
  const released = new Map(
    releases.filter(({ scope }) => scope === EVERY_STREAM).map(({ key, at }) => [key, at]),
  );
  return readable.filter(({ key, listedAt }) => !((released.get(key)?.getTime() ?? -Infinity) >= +listedAt));
}

function suppressionOf({ key, address, reason, listedAt }: AccountListEntry): NewSuppression {
  return {
    key,
    address,
    scope: EVERY_STREAM,
    reason: 'account-list',
    since: listedAt,
    note: `on SES’s list of the account: ${reason}`,
    actor: 'account-list',
    eventId: randomUUID(),
  };
}

/** What an entry took the place of; `null` if that was SES's list too. */
function replacedBy(before: SuppressedAddress[], key: string, now: Date): string | null {
  const row = before.find((one) => one.key === key && one.scope === EVERY_STREAM && isLive(one, +now));
  return row && row.reason !== 'account-list' ? writeReplaced(row) : null;
}
