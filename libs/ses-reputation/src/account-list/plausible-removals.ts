import { Not, type EntityManager } from 'typeorm';
import { AccountListEntry } from './account-list-entry.entity.js';
import type { HeldEntries } from './account-list-turn.js';

/** A list that loses more than both at once may be another's: of another account, or no list at all. */
const MOST_REMOVED = 50;
const MOST_REMOVED_SHARE = 0.2;

/** Entries of the mirror that SES lists, as far as is known. */
export function countListed(manager: EntityManager): Promise<number> {
  return manager.countBy(AccountListEntry, { state: Not('put-refused') });
}

/** How many of `known` entries may vanish at once and be believed. */
export function mostRemoved(known: number): number {
  return Math.max(MOST_REMOVED, known * MOST_REMOVED_SHARE);
}

export function heldBecause({ entries, known }: HeldEntries): string {
  return (
    `SES no longer lists ${entries} entries, and there were ${known}: too many at once to be believed, so they ` +
    'are kept. ' +
    'If it is the list of the right account, pull({ acceptRemovals: true }) removes them'
  );
}
