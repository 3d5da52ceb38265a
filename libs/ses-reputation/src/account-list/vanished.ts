import { randomUUID } from 'node:crypto';
import { In, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import type { Raise } from '../events/event-outbox.js';
import { isErasedKey } from '../suppression/erased-key.js';
import { isLive } from '../suppression/merge-suppression.js';
import { EVERY_STREAM, SuppressedAddress } from '../suppression/suppressed-address.entity.js';
import { suppressionRemoved } from '../suppression/suppression-events.js';
import { SuppressionHistory } from '../suppression/suppression-history.entity.js';
import { historyRow } from '../suppression/list-changes.js';
import { type SuppressionLedger } from '../suppression/suppression-ledger.js';
import { AccountListEntry } from './account-list-entry.entity.js';
import { readReplaced, type ReplacedSuppression } from './replaced-suppression.js';
import { softBouncesBefore } from './soft-bounces-before.js';

const PART = 500;
/** What is younger than that when a pull begins is left to the next one: SES may list it late. */
const YOUNG_MS = 600_000;
const ACTOR = 'account-list';

/**
 * Some of the entries that a pull, which has read the whole list, has not seen: they leave the mirror, and
 * suppressions that rest on nothing else end. `left` is whether there may be more.
 */
export async function removeVanished(
  tx: EntityManager,
  raise: Raise,
  ledger: SuppressionLedger,
  { run, startedAt, now }: { run: number; startedAt: number; now: Date },
): Promise<{ removed: number; left: boolean }> {
  const gone = await vanished(tx, { run, startedAt }).orderBy('m.id').limit(PART).getMany();
  if (gone.length === 0) return { removed: 0, left: false };
  await tx.delete(AccountListEntry, { id: In(gone.map(({ id }) => id)) });

  const replaced = new Map<string, string>();
  for (const entry of gone) if (entry.replaced !== null) replaced.set(entry.key, entry.replaced);
  const keys = new Set(gone.map(({ key }) => key).filter((key) => key !== ''));
  for (const { id, key, replaced: own } of await otherSpellings(tx, [...keys])) {
    keys.delete(key);
    const inherited = replaced.get(key);
    if (inherited !== undefined && own === null) {
      await tx.update(AccountListEntry, { id }, { replaced: inherited });
    }
    replaced.delete(key);
  }
  const removed = await endSuppressions(tx, raise, ledger, { keys: [...keys], replaced, now });
  return { removed, left: gone.length === PART };
}

/** How many {@link removeVanished} would take out of the mirror, in all its parts. */
export function countVanished(tx: EntityManager, pull: { run: number; startedAt: number }): Promise<number> {
  return vanished(tx, pull).getCount();
}

function vanished(
  tx: EntityManager,
  { run, startedAt }: { run: number; startedAt: number },
): SelectQueryBuilder<AccountListEntry> {
  return tx
    .createQueryBuilder(AccountListEntry, 'm')
    .where('m.run < :run AND m.listedAt < :before', { run, before: startedAt - YOUNG_MS })
    .andWhere(`m.state <> 'put-refused'`);
}

/** Of mailboxes that SES lists in another spelling still. */
function otherSpellings(tx: EntityManager, keys: string[]): Promise<AccountListEntry[]> {
  return tx
    .createQueryBuilder(AccountListEntry, 'm')
    .where('m.key IN (:...keys)', { keys: ['', ...keys] })
    .andWhere(`m.key <> '' AND m.state <> 'put-refused'`)
    .orderBy('m.id')
    .getMany();
}

async function endSuppressions(
  tx: EntityManager,
  raise: Raise,
  ledger: SuppressionLedger,
  { keys, replaced, now }: { keys: string[]; replaced: Map<string, string>; now: Date },
): Promise<number> {
  if (keys.length === 0) return 0;
  const rows = (await ledger.lockRows(tx, keys)).filter(
    (row) => row.scope === EVERY_STREAM && row.reason === 'account-list' && !isErasedKey(row.key),
  );
  const resting = rows.filter((row) => isLive(row, +now));
  const own = await softBouncesBefore(
    tx,
    resting.map(({ key }) => key),
  );
  const history: SuppressionHistory[] = [];
  let removed = 0;
  for (const row of resting.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    const text = replaced.get(row.key);
    const before = text === undefined ? own.get(row.key) : readReplaced(text);
    if (before && isLive(before, +now)) history.push(await restore(tx, row, before, now));
    else {
      history.push(await end(tx, raise, row, now));
      removed++;
    }
  }
  if (history.length > 0) await tx.insert(SuppressionHistory, history);
  return removed;
}

async function restore(
  tx: EntityManager,
  row: SuppressedAddress,
  before: ReplacedSuppression,
  now: Date,
): Promise<SuppressionHistory> {
  await tx.update(SuppressedAddress, { key: row.key, scope: row.scope }, before);
  return historyRow({ ...row, ...before }, 'changed', now);
}

/** Not `released`: nobody said that the address may be mailed, and late feedback must suppress it as ever. */
async function end(
  tx: EntityManager,
  raise: Raise,
  row: SuppressedAddress,
  now: Date,
): Promise<SuppressionHistory> {
  const { key, scope, address } = row;
  await tx.delete(SuppressedAddress, { key, scope });
  raise([suppressionRemoved({ eventId: randomUUID(), at: now, address, scope, actor: ACTOR })]);
  return historyRow({ ...row, note: 'SES lists it no more', actor: ACTOR }, 'expired', now);
}
