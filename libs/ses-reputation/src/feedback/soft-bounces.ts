import { In, type EntityManager } from 'typeorm';
import { insertRows } from '../store/insert-rows.js';
import { selectRows } from '../store/select-rows.js';
import { FeedbackEvent } from './feedback-event.entity.js';
import { meaningId } from './meaning-id.js';
import { SeenFeedback } from './seen-feedback.entity.js';
import { MOST_OF_A_RUN, SoftBounceHistory } from './soft-bounce-history.js';

/**
 * Lets soft bounces of one address take turns: of two that are counted at the same time each would miss the
 * other, and the last one of a run would go unnoticed. Must be the first statement of the transaction, since
 * MySQL shows it the world as of its first read.
 *
 * @param seenAt when each key came, by key
 */
export async function lockRuns(tx: EntityManager, seenAt: ReadonlyMap<string, Date>): Promise<void> {
  const rows = [...seenAt]
    // The key, so that whoever erases the address finds the row; no time, so that it is no delivery.
    .map(([key, seenAt]) => ({ id: runId(key), key, sentAt: null, seenAt }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await insertRows(tx, SeenFeedback, rows, { keys: ['id'], replace: ['key', 'sentAt', 'seenAt'] });
}

/** Leaves nothing of {@link lockRuns} behind for those who were erased. */
export async function forgetRuns(tx: EntityManager, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await tx.delete(SeenFeedback, { id: In(keys.map(runId)) });
}

function runId(key: string): string {
  return meaningId('soft-run', key);
}

/** What is stored of the soft bounces and deliveries of these addresses. Call it before what is new is stored. */
export async function softBounceHistories(
  tx: EntityManager,
  keys: readonly string[],
): Promise<Map<string, SoftBounceHistory>> {
  const histories = new Map(keys.map((key) => [key, new SoftBounceHistory(key)]));
  const bounces = await newestOf(keys, (values, part) =>
    selectRows(tx, FeedbackEvent, {
      columns: ['key', 'messageId', 'sentAt', 'at'],
      in: { property: 'key', values },
      equal: { type: 'bounce', category: 'soft' },
      orderBy: part.sorted ? ['at'] : [],
      ...part,
    }),
  );
  for (const bounce of bounces) histories.get(bounce.key!)!.bounced(bounce);
  const deliveries = await newestOf(keys, (values, part) =>
    selectRows(tx, SeenFeedback, {
      columns: ['key', 'id', 'sentAt'],
      in: { property: 'key', values },
      above: { property: 'sentAt', value: 0 },
      orderBy: part.sorted ? ['sentAt'] : [],
      ...part,
    }),
  );
  for (const { key, id, sentAt } of deliveries) histories.get(key!)!.delivered(id, sentAt!);
  return histories;
}

interface Part {
  limit: number;
  descending: true;
  /** Without it the rows are all there are, or too many. */
  sorted: boolean;
}

/** All of the addresses at once, and one by one where that is more than is looked at of one. */
async function newestOf<T>(
  keys: readonly string[],
  select: (keys: readonly string[], part: Part) => Promise<T[]>,
): Promise<T[]> {
  if (keys.length === 0) return [];
  const all = await select(keys, { limit: MOST_OF_A_RUN + 1, descending: true, sorted: false });
  if (all.length <= MOST_OF_A_RUN) return all;
  const found: T[] = [];
  for (const key of keys) {
    found.push(...(await select([key], { limit: MOST_OF_A_RUN, descending: true, sorted: true })));
  }
  return found;
}
