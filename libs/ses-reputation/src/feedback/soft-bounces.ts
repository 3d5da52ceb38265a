import { In, MoreThan, type EntityManager } from 'typeorm';
import { deliveryId } from './entries/delivery-entries.js';
import { FeedbackEvent } from './feedback-event.entity.js';
import { meaningId } from './meaning-id.js';
import { SeenFeedback } from './seen-feedback.entity.js';
import { softBounceRun } from './soft-bounce-run.js';

/** So many of an address are looked at, newest first; runs are far shorter. */
const MOST = 2_000;

/**
 * Lets soft bounces of one address take turns: of two that are counted at the same time each would miss the
 * other, and the last one of a run would go unnoticed. Must be the first statement of the transaction, since
 * MySQL shows it the world as of its first read.
 */
export async function lockRuns(tx: EntityManager, keys: readonly string[], seenAt: Date): Promise<void> {
  if (keys.length === 0) return;
  const rows = [...new Set(keys)]
    // The key, so that whoever erases the address finds the row; no time, so that it is no delivery.
    .map((key) => ({ id: runId(key), key, sentAt: null, seenAt }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await tx.upsert(SeenFeedback, rows, ['id']);
}

/** Leaves nothing of {@link lockRuns} behind for those who were erased. */
export async function forgetRuns(tx: EntityManager, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await tx.delete(SeenFeedback, { id: In(keys.map(runId)) });
}

function runId(key: string): string {
  return meaningId('soft-run', key);
}

/** How many messages in a row have bounced softly at this address. `releases`: when it was released. */
export async function softBouncesInARow(
  tx: EntityManager,
  key: string,
  releases: readonly Date[],
): Promise<number> {
  const rows = await tx.find(FeedbackEvent, {
    select: { id: true, messageId: true, sentAt: true, at: true },
    where: { key, type: 'bounce', category: 'soft' },
    order: { at: 'DESC' },
    take: MOST,
  });
  const bounces = rows.map(({ messageId, sentAt, at }) => ({ messageId, sentAt: sentAt ?? at }));
  const released = releases.length === 0 ? null : new Date(Math.max(...releases.map((at) => at.getTime())));
  return softBounceRun(bounces, { deliveries: await deliveries(tx, key, bounces), released });
}

/** Mail that a server took and bounced afterwards was not delivered to the mailbox. */
async function deliveries(
  tx: EntityManager,
  key: string,
  bounces: readonly { messageId: string | null }[],
): Promise<Date[]> {
  const bounced = new Set(
    bounces.flatMap(({ messageId }) => (messageId ? deliveryId(messageId, { key, address: key }) : [])),
  );
  const rows = await tx.find(SeenFeedback, {
    select: { id: true, sentAt: true },
    where: { key, sentAt: MoreThan(new Date(0)) },
    order: { sentAt: 'DESC' },
    take: MOST,
  });
  return rows.flatMap(({ id, sentAt }) => (sentAt && !bounced.has(id) ? sentAt : []));
}
