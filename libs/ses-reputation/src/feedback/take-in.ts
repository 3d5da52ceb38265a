import type { EntityManager } from 'typeorm';
import type { PendingEvent } from '../events/ses-events.js';
import type { Insertion } from '../store/insert-rows.js';
import type { ReputationLedger } from '../reputation/reputation-ledger.js';
import type { NewSuppression } from '../suppression/list-changes.js';
import { EVERY_STREAM } from '../suppression/suppressed-address.entity.js';
import type { SuppressionLedger } from '../suppression/suppression-ledger.js';
import type { Fact, FeedbackEntry, WantedSuppression } from './entries/entry.js';
import { knownIds, rowsToRemember, type NewFeedback } from './seen-entries.js';
import type { EventRecipient } from './ses-event/recipient.js';
import type { SoftBounceHistory } from './soft-bounce-history.js';
import { forgetRuns, lockRuns, softBounceHistories } from './soft-bounces.js';
import { storable } from './storable.js';
import { releasesOf, suppressionsOf, type Release } from './wanted-suppressions.js';

/** One SES event to take in. */
export interface IncomingEvent {
  entries: readonly FeedbackEntry[];
  /** Everybody the event names, whether it is about them or not. */
  named: readonly EventRecipient[];
  receivedAt: Date;
}

interface NewEvent extends NewFeedback {
  facts: readonly Fact[];
}

/** With what a group of events is taken in. */
export interface TakeInParts {
  suppressions: SuppressionLedger;
  reputation: ReputationLedger;
  softBounceLimit: number | false;
}

/**
 * Takes events in within one transaction, as if each had had one of its own, in order: every table is asked once
 * for all of them, and what an event would have found of those before it is kept in memory.
 *
 * @returns of each event what to raise after the commit, `null` if all of it was known; and the rows that are still to
 *   be inserted, in this order
 */
export async function takeIn(
  tx: EntityManager,
  events: readonly IncomingEvent[],
  { suppressions, reputation, softBounceLimit }: TakeInParts,
): Promise<{ raised: (PendingEvent[] | null)[]; insertions: Insertion[] }> {
  const soft = softKeys(events);
  await lockRuns(tx, soft);
  const keys = events.flatMap(({ named }) => named.flatMap(({ key }) => key ?? []));
  const erased = await suppressions.erased(tx, keys);
  await forgetRuns(
    tx,
    [...soft.keys()].filter((key) => erased.has(key)),
  );
  const all = events.flatMap(({ entries }) => entries);
  const known = await knownIds(
    tx,
    all.flatMap(({ id, facts }) => [id, ...facts.map((fact) => fact.id)]),
    all.flatMap(({ row }) => row?.id ?? []),
  );
  const news = events.map((event) => newsOf(event, known, erased));
  const runs = softBounceLimit === false ? null : new Runs(softBounceLimit);
  await runs?.read(
    tx,
    news.map((one) => one?.entries ?? []),
  );
  const isNew = news.filter((one) => one !== null);
  const releases = await releasesFor(
    tx,
    suppressions,
    isNew.flatMap(({ entries }) => entries),
  );
  const wanted = isNew.map((event) => wantedOf(event, runs, releases));
  const suppressed = await suppressions.addEach(tx, wanted);
  const booked = await reputation.insertionOf(
    tx,
    isNew.flatMap(({ facts }) => facts.map(({ booking }) => booking)),
  );
  const raised = new Map(
    isNew.map((one, n) => [one, [...one.entries.flatMap(({ events }) => events), ...suppressed.events[n]!]]),
  );
  return {
    raised: news.map((one) => one && raised.get(one)!),
    insertions: [...rowsToRemember(isNew), ...suppressed.insertions, booked],
  };
}

/** What is new of an event, and known from here on; `null` if nothing is. */
function newsOf(
  { entries, named, receivedAt }: IncomingEvent,
  known: Set<string>,
  erased: ReadonlyMap<string, string>,
): NewEvent | null {
  const unknown = entries.filter(({ id }) => !known.has(id));
  if (unknown.length === 0) return null;
  const fresh = storable(unknown, named, erased);
  const facts = new Map<string, Fact>();
  for (const fact of fresh.flatMap((entry) => entry.facts)) {
    if (!known.has(fact.id) && !facts.has(fact.id)) facts.set(fact.id, fact);
  }
  for (const { id } of [...fresh, ...facts.values()]) known.add(id);
  return { entries: fresh, factIds: [...facts.keys()], facts: [...facts.values()], seenAt: receivedAt };
}

async function releasesFor(
  tx: EntityManager,
  suppressions: SuppressionLedger,
  entries: readonly FeedbackEntry[],
): Promise<readonly Release[]> {
  const acting = entries.filter(({ suppression, soft }) => suppression !== null || soft);
  const keys = [...new Set(acting.flatMap(({ recipient }) => recipient?.key ?? []))];
  return keys.length === 0 ? [] : suppressions.releases(tx, keys);
}

function wantedOf(
  { entries, seenAt }: NewEvent,
  runs: Runs | null,
  releases: readonly Release[],
): NewSuppression[] {
  runs?.add(entries);
  return entries.flatMap((entry) => {
    const suppression = entry.suppression ?? (entry.soft ? runs?.endOf(entry, releases) : null);
    return suppression ? suppressionsOf(entry, suppression, releases, seenAt) : [];
  });
}

/** When the soft bounces of an address came, the last of the group. */
function softKeys(events: readonly IncomingEvent[]): Map<string, Date> {
  const found = new Map<string, Date>();
  for (const { entries, receivedAt } of events) {
    for (const { soft, recipient } of entries)
      if (soft && recipient?.key) found.set(recipient.key, receivedAt);
  }
  return found;
}

/** The soft bounces of the addresses of one group, growing event by event. */
class Runs {
  private histories: ReadonlyMap<string, SoftBounceHistory> = new Map();

  constructor(private readonly limit: number) {}

  async read(tx: EntityManager, entries: readonly (readonly FeedbackEntry[])[]): Promise<void> {
    const keys = entries.flat().flatMap(({ soft, recipient }) => (soft && recipient?.key) || []);
    this.histories = await softBounceHistories(tx, [...new Set(keys)]);
  }

  /** What is stored with an event. */
  add(entries: readonly FeedbackEntry[]): void {
    for (const { id, row, delivered, sentAt } of entries) {
      if (row?.type === 'bounce' && row.category === 'soft') this.histories.get(row.key ?? '')?.bounced(row);
      if (delivered !== null && sentAt !== null && sentAt.getTime() > 0)
        this.histories.get(delivered)?.delivered(id, sentAt);
    }
  }

  endOf({ recipient }: FeedbackEntry, releases: readonly Release[]): WantedSuppression | null {
    const key = recipient?.key;
    if (!key) return null;
    const run = this.histories.get(key)!.inARow(releasesOf(key, EVERY_STREAM, releases));
    if (run < this.limit) return null;
    return { reason: 'soft-bounces', scopes: [EVERY_STREAM], note: `${run} soft bounces in a row` };
  }
}
