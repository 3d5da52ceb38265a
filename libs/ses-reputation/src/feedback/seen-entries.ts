import { In, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';
import type { FeedbackEntry } from './entries/entry.js';
import { FeedbackEvent } from './feedback-event.entity.js';
import { SeenFeedback } from './seen-feedback.entity.js';

/** Databases limit the parameters of a statement, */
const MOST_IDS = 500;
/** and its size: MySQL's packet may be as small as 4 MiB, and a row holds the event as it came. */
const MOST_ROWS = 25;

/** Those of the ids that are known: as a fact that was counted, or as a row, which may outlive it. */
export async function knownIds(
  tx: EntityManager,
  ids: readonly string[],
  rowIds: readonly string[],
): Promise<Set<string>> {
  return new Set([...(await idsIn(tx, SeenFeedback, ids)), ...(await idsIn(tx, FeedbackEvent, rowIds))]);
}

/**
 * Writes what is new. Another instance that writes the same at the same time makes the database refuse one
 * of both, which then starts over and finds it known.
 */
export async function rememberEntries(
  tx: EntityManager,
  entries: readonly FeedbackEntry[],
  factIds: readonly string[],
  seenAt: Date,
): Promise<void> {
  const seen = new Map<string, SeenFeedback>();
  for (const id of factIds) seen.set(id, { id, key: null, sentAt: null, seenAt });
  for (const { id, delivered, sentAt } of entries)
    seen.set(id, { id, key: delivered, sentAt: delivered === null ? null : sentAt, seenAt });
  // In order of the id, so that two writers of the same facts don't wait for each other in a circle.
  await insertAll(tx, SeenFeedback, [...seen.values()].toSorted(byId), MOST_IDS);
  await insertAll(tx, FeedbackEvent, entries.flatMap(({ row }) => row ?? []).toSorted(byId), MOST_ROWS);
}

async function idsIn(
  tx: EntityManager,
  entity: EntityTarget<{ id: string }>,
  ids: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const part of parts(ids, MOST_IDS)) {
    const rows = await tx.find(entity, { select: { id: true }, where: { id: In(part) } });
    found.push(...rows.map(({ id }) => id));
  }
  return found;
}

async function insertAll<T extends ObjectLiteral>(
  tx: EntityManager,
  entity: EntityTarget<T>,
  rows: T[],
  most: number,
): Promise<void> {
  for (const part of parts(rows, most)) await tx.insert(entity, part);
}

function parts<T>(all: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, i) => all.slice(i * most, (i + 1) * most));
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}
