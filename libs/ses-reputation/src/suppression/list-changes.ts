import { domainOfKey } from '../address/address-key.js';
import type { PendingEvent } from '../events/ses-events.js';
import { fitText } from '../store/fit-text.js';
import { timeOrderedId } from '../store/time-ordered-id.js';
import { isErasedKey } from './erased-key.js';
import { isLive, mergeSuppression } from './merge-suppression.js';
import type { SuppressedAddress } from './suppressed-address.entity.js';
import { suppressionAdded, unsubscribed, type ListChange } from './suppression-events.js';
import type { SuppressionAction, SuppressionHistory } from './suppression-history.entity.js';
import type { SuppressionReason } from './suppression-reason.js';

/** One suppression that somebody asks for. */
export interface NewSuppression {
  /** Look-up key. */
  key: string;
  /** As given. */
  address: string;
  /** `*`, or a stream's name. */
  scope: string;
  reason: SuppressionReason;
  since: Date;
  expiresAt?: Date | null;
  note?: string | null;
  actor?: string | null;
  /** The mail that the feedback behind this is about. */
  messageId?: string | null;
  /** Id of the `ses.suppression.added` that this raises if it is new. */
  eventId: string;
}

/** What became of one {@link NewSuppression}. */
export type SuppressionOutcome = 'added' | 'changed' | 'unchanged';

/** What became of suppressions that were asked for. */
export interface AppliedSuppressions {
  /** Of each entry. */
  outcomes: SuppressionOutcome[];
  /** Makes what is to be raised after the commit. */
  events: () => PendingEvent[];
}

interface Changed {
  entry: NewSuppression;
  reason: SuppressionReason;
}

/** What suppressions that are asked for one after the other make of the rows that are there. */
export class ListChanges {
  private readonly before: ReadonlyMap<string, SuppressedAddress>;
  private readonly after = new Map<string, SuppressedAddress>();
  private readonly erased = new Map<string, string>();
  private readonly history: SuppressionHistory[] = [];

  /**
   * @param there all rows of the addresses that will be asked for
   * @param asked every key these addresses may be stored under, and the look-up key each stands for
   */
  constructor(
    there: readonly SuppressedAddress[],
    asked: ReadonlyMap<string, string>,
    private readonly everyStream: readonly string[],
    private readonly at: Date,
  ) {
    this.before = new Map(there.map((row) => [idOf(row), row]));
    for (const { key } of there) if (isErasedKey(key)) this.erased.set(asked.get(key)!, key);
  }

  /** Adds by strength. */
  apply(entries: readonly NewSuppression[]): AppliedSuppressions {
    const { at, before, after, erased, history } = this;
    const added: Changed[] = [];
    const optOuts: Changed[] = [];
    const outcomes = entries.map((entry): SuppressionOutcome => {
      const incoming = rowOf(entry, erased.get(entry.key));
      if (!isLive(incoming, at.getTime())) return 'unchanged';
      const id = idOf(incoming);
      const there = after.get(id) ?? before.get(id);
      const live = there && isLive(there, at.getTime()) ? there : undefined;
      const result = live ? mergeSuppression(live, incoming) : incoming;
      after.set(id, result);
      if (live && sameStrength(live, result)) return 'unchanged';
      if (there && !live) history.push(historyRow(there, 'expired', at));
      history.push(historyRow(result, live ? 'changed' : 'added', at));
      const change = { entry, reason: result.reason };
      if (!live) added.push(change);
      if (result.reason === 'unsubscribe' && live?.reason !== 'unsubscribe') optOuts.push(change);
      return live ? 'changed' : 'added';
    });
    const told = ({ entry, reason }: Changed): ListChange => ({
      ...entry,
      reason,
      at,
      erased: erased.has(entry.key),
    });
    return {
      outcomes,
      events: () => [
        ...added.map((change) => suppressionAdded(told(change))),
        ...unsubscribed(optOuts.map(told), [...this.everyStream]),
      ],
    };
  }

  /** What is to be written. */
  rows(): {
    inserted: SuppressedAddress[];
    updated: SuppressedAddress[];
    history: readonly SuppressionHistory[];
  } {
    // In order of the key, so that two writers of the same addresses wait for each other instead of deadlocking.
    const rows = [...this.after].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      inserted: rows.filter(([id]) => !this.before.has(id)).map(([, row]) => row),
      updated: rows.filter(([id, row]) => isChanged(this.before.get(id), row)).map(([, row]) => row),
      history: this.history,
    };
  }
}

/** A row of the history about a suppression as it is, or was. */
export function historyRow(
  {
    key,
    scope,
    address,
    reason,
    note,
    actor,
  }: Omit<SuppressedAddress, 'domain' | 'since' | 'expiresAt' | 'reason'> & {
    reason: SuppressionReason | null;
  },
  action: SuppressionAction,
  at: Date,
): SuppressionHistory {
  return { id: timeOrderedId(at.getTime()), key, scope, address, action, reason, at, note, actor };
}

function rowOf(entry: NewSuppression, erased: string | undefined): SuppressedAddress {
  const kept = erased === undefined;
  return {
    key: kept ? entry.key : erased,
    scope: entry.scope,
    address: kept ? fitText(entry.address, 320) : '',
    domain: kept ? domainOfKey(entry.key) : '',
    reason: entry.reason,
    since: entry.since,
    expiresAt: entry.expiresAt ?? null,
    // What is noted about an erased address may well name it, and who opts out is often its owner.
    note: kept && entry.note != null ? fitText(entry.note, 1_000) : null,
    actor: kept && entry.actor != null ? fitText(entry.actor, 255) : null,
  };
}

/** An earlier `since` alone is taken over without a word in the history. */
function sameStrength(a: SuppressedAddress, b: SuppressedAddress): boolean {
  return a.reason === b.reason && a.expiresAt?.getTime() === b.expiresAt?.getTime();
}

function isChanged(old: SuppressedAddress | undefined, row: SuppressedAddress): boolean {
  return old !== undefined && !(sameStrength(old, row) && +old.since === +row.since);
}

function idOf({ key, scope }: { key: string; scope: string }): string {
  return `${key}\n${scope}`;
}
