import { In, MoreThan, Not, type EntityManager } from 'typeorm';
import { deliveryId } from './entries/delivery-entries.js';
import { FeedbackEvent } from './feedback-event.entity.js';
import { meaningId } from './meaning-id.js';
import { SeenFeedback } from './seen-feedback.entity.js';
import { softBounceRun } from './soft-bounce-run.js';

/** Deliveries of so many bounced messages are told apart from others; runs are far shorter. */
const MOST_BOUNCES = 2_000;

/**
 * Lets soft bounces of one address take turns: of two that are counted at the same time each would miss the
 * other, and the last one of a run would go unnoticed. Must be the first statement of the transaction, since
 * MySQL shows it the world as of its first read.
 */
export async function lockRuns(tx: EntityManager, keys: readonly string[], seenAt: Date): Promise<void> {
  if (keys.length === 0) return;
  const rows = [...new Set(keys.map((key) => meaningId('soft-run', key)))]
    .toSorted()
    .map((id) => ({ id, key: null, sentAt: null, seenAt }));
  await tx.upsert(SeenFeedback, rows, ['id']);
}

/** How many messages in a row have bounced softly at this address. `clearedAt`: its latest release, if any. */
export async function softBouncesInARow(
  tx: EntityManager,
  key: string,
  clearedAt: readonly Date[],
): Promise<number> {
  const rows = await tx.find(FeedbackEvent, {
    select: { id: true, messageId: true, sentAt: true, at: true },
    where: { key, type: 'bounce', category: 'soft' },
    order: { at: 'DESC' },
    take: MOST_BOUNCES,
  });
  const bounces = rows.map(({ messageId, sentAt, at }) => ({ messageId, sentAt: sentAt ?? at }));
  return softBounceRun(bounces, [...clearedAt, ...(await lastDelivery(tx, key, bounces))]);
}

/** Mail that a server took and bounced afterwards was not delivered to the mailbox. */
async function lastDelivery(
  tx: EntityManager,
  key: string,
  bounces: readonly { messageId: string | null }[],
): Promise<Date[]> {
  const bounced = [...new Set(bounces.flatMap(({ messageId }) => messageId ?? []))];
  const delivery = await tx.findOne(SeenFeedback, {
    where: {
      key,
      sentAt: MoreThan(new Date(0)),
      id: Not(In(bounced.map((messageId) => deliveryId(messageId, { key, address: key })))),
    },
    order: { sentAt: 'DESC' },
  });
  return delivery?.sentAt ? [delivery.sentAt] : [];
}
