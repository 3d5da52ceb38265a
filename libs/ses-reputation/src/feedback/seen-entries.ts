import type { EntityManager } from 'typeorm';
import { insertion, type Insertion } from '../store/insert-rows.js';
import { idsAmong } from '../store/select-rows.js';
import type { FeedbackEntry } from './entries/entry.js';
import { FeedbackEvent } from './feedback-event.entity.js';
import { SeenFeedback } from './seen-feedback.entity.js';

/** Those of the ids that are known: as a fact that was counted, or as a row, which may outlive it. */
export function knownIds(
  tx: EntityManager,
  ids: readonly string[],
  rowIds: readonly string[],
): Promise<Set<string>> {
  return idsAmong(tx, [
    { entity: SeenFeedback, ids },
    { entity: FeedbackEvent, ids: rowIds },
  ]);
}

/** What is new of one event. */
export interface NewFeedback {
  entries: readonly FeedbackEntry[];
  /** Of the facts that are counted now. */
  factIds: readonly string[];
  seenAt: Date;
}

/**
 * What is to be written of what is new. Another instance that writes the same at the same time makes the database refuse one
 * of both, which then starts over and finds it known.
 */
export function rowsToRemember(news: readonly NewFeedback[]): Insertion[] {
  const seen = new Map<string, SeenFeedback>();
  for (const { entries, factIds, seenAt } of news) {
    for (const id of factIds) seen.set(id, { id, key: null, sentAt: null, seenAt });
    for (const { id, delivered, sentAt } of entries)
      seen.set(id, { id, key: delivered, sentAt: delivered === null ? null : sentAt, seenAt });
  }
  const rows = news.flatMap(({ entries }) => entries.flatMap(({ row }) => row ?? []));
  // In order of the id, so that two writers of the same facts don't wait for each other in a circle.
  return [
    insertion(SeenFeedback, [...seen.values()].toSorted(byId)),
    insertion(FeedbackEvent, rows.toSorted(byId)),
  ];
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}
