import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { PendingEvent } from '../events/ses-events.js';
import { deleteRowsOf } from './erase-traces.js';
import { isLive, mergeSuppression } from './merge-suppression.js';
import { EVERY_STREAM, SuppressedAddress } from './suppressed-address.entity.js';
import { suppressionAdded } from './suppression-events.js';
import { SuppressionHistory } from './suppression-history.entity.js';
import type { Mailbox } from './suppression-input.js';
import { historyRow } from './list-changes.js';

/**
 * Deletes all rows of an address and keeps it suppressed, for good and for every stream, under its erased
 * key: the strongest reason of what was there, or `manual`. An event only if that is new.
 */
export async function eraseSuppressed(
  tx: EntityManager,
  { key, address }: Mailbox,
  { erased, rows, at }: { erased: string; rows: SuppressedAddress[]; at: Date },
): Promise<PendingEvent[]> {
  const live = rows.filter((row) => isLive(row, at.getTime()));
  const before = live.length > 0 ? live : [{ reason: 'manual' as const, since: at }];
  const kept = before.map((row) => forGood(row, erased)).reduce((a, b) => mergeSuppression(a, b));
  await deleteRowsOf(tx, key);
  await tx.delete(SuppressedAddress, { key: erased, scope: EVERY_STREAM });
  await tx.insert(SuppressedAddress, kept);
  await tx.insert(SuppressionHistory, historyRow(kept, 'erased', at));
  if (live.some(({ scope }) => scope === EVERY_STREAM)) return [];
  const added = {
    eventId: randomUUID(),
    address,
    scope: EVERY_STREAM,
    reason: kept.reason,
    at,
    erased: true,
  };
  return [suppressionAdded(added)];
}

function forGood(
  { reason, since }: Pick<SuppressedAddress, 'reason' | 'since'>,
  erased: string,
): SuppressedAddress {
  return {
    key: erased,
    scope: EVERY_STREAM,
    address: '',
    domain: '',
    reason,
    since,
    expiresAt: null,
    note: null,
    actor: null,
  };
}
