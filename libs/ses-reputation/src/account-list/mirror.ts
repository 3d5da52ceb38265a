import { createHash } from 'node:crypto';
import { In, type EntityManager } from 'typeorm';
import { addressKey } from '../address/address-key.js';
import { fitText } from '../store/fit-text.js';
import { AccountListEntry } from './account-list-entry.entity.js';
import type { ListedAddress } from './ses-account-list.js';

const LONGEST_ADDRESS = 320;

/** The mirror's id of an exact spelling. */
export function entryId(address: string): string {
  return createHash('sha256').update(address).digest('hex');
}

/**
 * An entry of SES's list as the mirror has it. The key is empty if the entry can't be read as an address, or not
 * be stored in its exact spelling.
 */
export function mirrored(
  { address, reason, updatedAt }: ListedAddress,
  { run, now }: { run: number; now: Date },
): AccountListEntry {
  const stored = fitText(address, LONGEST_ADDRESS);
  return {
    id: entryId(address),
    address: stored,
    key: (stored === address && addressKey(address)) || '',
    reason: fitText(reason, 16),
    listedAt: updatedAt ?? now,
    run,
    state: 'listed',
    replaced: null,
  };
}

/**
 * Writes what SES lists. What is there keeps the suppression that gave way to it, unless `replaced` names the id.
 *
 * @returns how many this pull has not seen before
 */
export async function writeEntries(
  tx: EntityManager,
  entries: readonly AccountListEntry[],
  replaced: ReadonlyMap<string, string | null>,
): Promise<number> {
  const sorted = entries.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const found = await tx.findBy(AccountListEntry, { id: In(sorted.map(({ id }) => id)) });
  const before = new Map(found.map((entry) => [entry.id, entry]));
  const inserted = sorted.filter(({ id }) => !before.has(id));
  if (inserted.length > 0) {
    for (const entry of inserted) entry.replaced = replaced.get(entry.id) ?? null;
    await tx.insert(AccountListEntry, inserted);
  }
  const same: string[] = [];
  for (const entry of sorted) {
    const old = before.get(entry.id);
    if (!old) continue;
    const { id, ...changes } = entry;
    changes.state = seenState(old);
    changes.replaced = replaced.has(id) ? replaced.get(id)! : old.replaced;
    if (isSame(old, changes)) same.push(id);
    else await tx.update(AccountListEntry, { id }, changes);
  }
  if (same.length > 0) await tx.update(AccountListEntry, { id: In(same) }, { run: sorted[0]!.run });
  return sorted.filter(({ id, run }) => before.get(id)?.run !== run).length;
}

/** A spelling that SES would not delete, and still lists, is not deleted the next time either. */
function seenState({ state }: AccountListEntry): AccountListEntry['state'] {
  return state === 'delete-refused' ? state : 'listed';
}

function isSame(a: Omit<AccountListEntry, 'id'>, b: Omit<AccountListEntry, 'id'>): boolean {
  return (
    a.reason === b.reason && +a.listedAt === +b.listedAt && a.state === b.state && a.replaced === b.replaced
  );
}
