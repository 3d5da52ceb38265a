import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { PendingEvent } from '../events/ses-events.js';
import { fitText } from '../store/fit-text.js';
import { isErasedKey } from './erased-key.js';
import { isLive } from './merge-suppression.js';
import { EVERY_STREAM, SuppressedAddress } from './suppressed-address.entity.js';
import { suppressionRemoved } from './suppression-events.js';
import { SuppressionHistory } from './suppression-history.entity.js';
import { historyRow } from './list-changes.js';

export interface Release {
  /** As the events show it. */
  address: string;
  /** `null`: every scope. */
  scope: string | null;
  note: string | null;
  actor: string | null;
  at: Date;
}

/** Takes an address's rows off the list and writes the history. No event: nothing was suppressed. */
export async function releaseRows(
  tx: EntityManager,
  rows: SuppressedAddress[],
  { address, scope, note, actor, at }: Release,
): Promise<PendingEvent[]> {
  const by = {
    note: note === null ? null : fitText(note, 1_000),
    actor: actor === null ? null : fitText(actor, 255),
  };
  const matching = rows.filter((row) => scope === null || row.scope === scope);
  const live = matching.filter((row) => isLive(row, at.getTime()));
  const released = (row: Parameters<typeof historyRow>[0]) =>
    historyRow({ ...row, ...by, note: isErasedKey(row.key) ? null : by.note }, 'released', at);
  const history = matching.map((row) =>
    live.includes(row) ? released(row) : historyRow(row, 'expired', at),
  );
  if (scope === null && live.length > 0 && !live.some((row) => row.scope === EVERY_STREAM)) {
    // "Every scope" was released: late feedback that would suppress for every stream must find it said.
    history.push(released({ ...live[0]!, scope: EVERY_STREAM, reason: null }));
  }
  for (const { key, scope } of matching) await tx.delete(SuppressedAddress, { key, scope });
  if (history.length > 0) await tx.insert(SuppressionHistory, history);
  return live.map((row) =>
    suppressionRemoved({
      eventId: randomUUID(),
      at,
      address,
      scope: row.scope,
      actor: by.actor,
      erased: isErasedKey(row.key),
    }),
  );
}
