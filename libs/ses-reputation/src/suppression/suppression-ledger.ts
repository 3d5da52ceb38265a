import { Inject, Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import type { PendingEvent } from '../events/ses-events.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { fitText } from '../store/fit-text.js';
import { Store } from '../store/store.js';
import { erasedKey, isErasedKey } from './erased-key.js';
import { timeOrderedId } from '../store/time-ordered-id.js';
import { isLive, mergeSuppression, outranks } from './merge-suppression.js';
import { EVERY_STREAM, SuppressedAddress } from './suppressed-address.entity.js';
import { suppressionAdded, unsubscribed, type ListChange } from './suppression-events.js';
import { SuppressionHistory, type SuppressionAction } from './suppression-history.entity.js';
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

export interface Suppression {
  reason: SuppressionReason;
  scope: string;
  since: Date;
}

/** What became of one {@link NewSuppression}. */
export type SuppressionOutcome = 'added' | 'changed' | 'unchanged';

const MOST_KEYS = 500;

/** Reads and writes the list inside the transactions of others. What may be written is checked before. */
@Injectable()
export class SuppressionLedger {
  constructor(
    private readonly store: Store,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    private readonly clock: Clock,
  ) {}

  /** Adds by strength and writes the history. Gives the events to raise after the commit. */
  async add(tx: EntityManager, entries: readonly NewSuppression[]): Promise<PendingEvent[]> {
    return (await this.apply(tx, entries)).events;
  }

  /** {@link add}, telling of each entry what became of it. */
  async apply(
    tx: EntityManager,
    entries: readonly NewSuppression[],
  ): Promise<{ events: PendingEvent[]; outcomes: SuppressionOutcome[] }> {
    const events: PendingEvent[] = [];
    const outcomes: SuppressionOutcome[] = [];
    for (const part of parts(entries)) {
      const applied = await this.applyPart(tx, part);
      events.push(...applied.events);
      outcomes.push(...applied.outcomes);
    }
    return { events, outcomes };
  }

  /** The latest release of each (key, scope). */
  async releases(
    tx: EntityManager,
    keys: readonly string[],
  ): Promise<{ key: string; scope: string; at: Date }[]> {
    const latest = new Map<string, { key: string; scope: string; at: Date }>();
    for (const part of parts(keys)) {
      const asked = this.storedKeys(part);
      const rows = await tx.find(SuppressionHistory, {
        where: { key: In([...asked.keys()]), action: 'released' },
        order: { id: 'ASC' },
      });
      for (const { key: stored, scope, at } of rows) {
        const key = asked.get(stored);
        if (key !== undefined) latest.set(rowId(key, scope), { key, scope, at });
      }
    }
    return [...latest.values()];
  }

  /**
   * Which of the keys are suppressed, in `stream` or, without one, in every stream. The strongest suppression
   * of each is given.
   */
  async check(
    manager: EntityManager,
    keys: readonly string[],
    stream?: string,
  ): Promise<Map<string, Suppression>> {
    const found = new Map<string, SuppressedAddress>();
    const scopes = stream === undefined ? [EVERY_STREAM] : [EVERY_STREAM, stream];
    for (const part of parts([...new Set(keys)])) {
      const asked = this.storedKeys(part);
      const rows = await manager.find(SuppressedAddress, {
        where: { key: In([...asked.keys()]), scope: In(scopes) },
        order: { scope: 'ASC' },
      });
      for (const row of rows) {
        const key = asked.get(row.key);
        if (key === undefined || !isLive(row, this.clock.now())) continue;
        const other = found.get(key);
        if (!other || outranks(row, other)) found.set(key, row);
      }
    }
    return new Map([...found].map(([key, { reason, scope, since }]) => [key, { reason, scope, since }]));
  }

  /** The rows of an address, under its key or its erased key, locked until the transaction ends. */
  async lockRows(tx: EntityManager, keys: readonly string[]): Promise<SuppressedAddress[]> {
    const where = { key: In([...this.storedKeys(keys).keys()]) };
    const rows = await tx.find(SuppressedAddress, { where });
    if (rows.length === 0 || this.store.dialect === 'sqlite') return rows;
    // Only rows that are there are locked: on MySQL a locked gap makes two writers of new rows deadlock.
    return tx.find(SuppressedAddress, {
      where: { key: In([...new Set(rows.map(({ key }) => key))]) },
      order: { key: 'ASC', scope: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** Which of the keys were erased, and the key that stands for each now. None without `suppression.eraseKey`. */
  async erased(tx: EntityManager, keys: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    if (this.options.suppression.eraseKey === null) return found;
    for (const part of parts([...new Set(keys)])) {
      const asked = this.storedKeys(part);
      const hashes = [...asked.keys()].filter(isErasedKey);
      const rows = await tx.find(SuppressedAddress, { select: { key: true }, where: { key: In(hashes) } });
      for (const { key } of rows) found.set(asked.get(key)!, key);
    }
    return found;
  }

  /** Every key an address may be stored under, and the look-up key each stands for. */
  storedKeys(keys: readonly string[]): Map<string, string> {
    const stored = new Map(keys.map((key) => [key, key]));
    const { eraseKey } = this.options.suppression;
    if (eraseKey !== null) for (const key of keys) stored.set(erasedKey(key, eraseKey), key);
    return stored;
  }

  private async applyPart(tx: EntityManager, entries: readonly NewSuppression[]) {
    const at = new Date(this.clock.now());
    const keys = entries.map(({ key }) => key);
    const before = new Map((await this.lockRows(tx, keys)).map((row) => [idOf(row), row]));
    const asked = this.storedKeys(keys);
    const erased = new Map<string, string>();
    for (const { key } of before.values()) if (isErasedKey(key)) erased.set(asked.get(key)!, key);

    const after = new Map<string, SuppressedAddress>();
    const history: SuppressionHistory[] = [];
    const added: ListChange[] = [];
    const optOuts: ListChange[] = [];
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
      const change = { ...entry, reason: result.reason, at, erased: erased.has(entry.key) };
      if (!live) added.push(change);
      if (result.reason === 'unsubscribe' && live?.reason !== 'unsubscribe') optOuts.push(change);
      return live ? 'changed' : 'added';
    });

    await this.write(tx, before, after, history);
    const everyStream = [...this.options.streams.keys()];
    return { events: [...added.map(suppressionAdded), ...unsubscribed(optOuts, everyStream)], outcomes };
  }

  private async write(
    tx: EntityManager,
    before: ReadonlyMap<string, SuppressedAddress>,
    after: ReadonlyMap<string, SuppressedAddress>,
    history: SuppressionHistory[],
  ): Promise<void> {
    // In order of the key, so that two writers of the same addresses wait for each other instead of deadlocking.
    const rows = [...after].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const inserted = rows.filter(([id]) => !before.has(id)).map(([, row]) => row);
    if (inserted.length > 0) await tx.insert(SuppressedAddress, inserted);
    for (const [id, row] of rows) {
      const old = before.get(id);
      if (!old || (sameStrength(old, row) && +old.since === +row.since)) continue;
      const { key, scope, ...changes } = row;
      await tx.update(SuppressedAddress, { key, scope }, changes);
    }
    if (history.length > 0) await tx.insert(SuppressionHistory, history);
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
  }: Omit<SuppressedAddress, 'since' | 'expiresAt' | 'reason'> & {
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

function idOf({ key, scope }: { key: string; scope: string }): string {
  return rowId(key, scope);
}

function rowId(key: string, scope: string): string {
  return `${key}\n${scope}`;
}

function parts<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / MOST_KEYS) }, (_, i) =>
    all.slice(i * MOST_KEYS, (i + 1) * MOST_KEYS),
  );
}
