import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import type { PendingEvent } from '../events/ses-events.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { insertAll, insertion, type Insertion } from '../store/insert-rows.js';
import { selectRows } from '../store/select-rows.js';
import { Store } from '../store/store.js';
import { erasedKey, isErasedKey } from './erased-key.js';
import { findByKey, type FoundSuppression } from './find-by-key.js';
import {
  ListChanges,
  type AppliedSuppressions,
  type NewSuppression,
  type SuppressionOutcome,
} from './list-changes.js';
import { isLive, outranks } from './merge-suppression.js';
import { EVERY_STREAM, SuppressedAddress } from './suppressed-address.entity.js';
import { SuppressionHistory } from './suppression-history.entity.js';
import type { SuppressionReason } from './suppression-reason.js';

export interface Suppression {
  reason: SuppressionReason;
  scope: string;
  since: Date;
}

export type { NewSuppression, SuppressionOutcome };

const MOST_KEYS = 1_000;
const ROW = ['key', 'scope', 'address', 'domain', 'reason', 'since', 'expiresAt', 'note', 'actor'] as const;

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
    return (await this.apply(tx, entries)).events();
  }

  /**
   * {@link add} for each group, as if one after the other, with one look at the table and one write for all.
   *
   * @returns the events of each group, and the rows that the caller is to insert, with what else it writes
   */
  async addEach(
    tx: EntityManager,
    groups: readonly (readonly NewSuppression[])[],
  ): Promise<{ events: PendingEvent[][]; insertions: Insertion[] }> {
    const changes = await this.begin(tx, groups);
    const events = groups.map((group) => changes.apply(group).events());
    return { events, insertions: await update(tx, changes) };
  }

  /** {@link add}, telling of each entry what became of it. */
  async apply(tx: EntityManager, entries: readonly NewSuppression[]): Promise<AppliedSuppressions> {
    const applied: AppliedSuppressions[] = [];
    for (const part of parts(entries)) applied.push(await this.applyPart(tx, part));
    return {
      outcomes: applied.flatMap(({ outcomes }) => outcomes),
      events: () => applied.flatMap(({ events }) => events()),
    };
  }

  /** The latest release of each (key, scope). */
  async releases(
    tx: EntityManager,
    keys: readonly string[],
  ): Promise<{ key: string; scope: string; at: Date }[]> {
    const latest = new Map<string, { key: string; scope: string; at: Date }>();
    const asked = this.storedKeys(keys);
    const rows = await selectRows(tx, SuppressionHistory, {
      columns: ['id', 'key', 'scope', 'at'],
      in: { property: 'key', values: [...asked.keys()] },
      equal: { action: 'released' },
    });
    for (const { key: stored, scope, at } of rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      const key = asked.get(stored);
      if (key !== undefined) latest.set(rowId(key, scope), { key, scope, at });
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
    const found = new Map<string, FoundSuppression>();
    const nowMs = this.clock.now();
    for (const part of parts([...new Set(keys)])) {
      const asked = this.storedKeys(part);
      for (const row of await findByKey(manager, [...asked.keys()])) {
        const key = asked.get(row.key);
        if (key === undefined || !isLive(row, nowMs)) continue;
        if (row.scope !== EVERY_STREAM && row.scope !== stream) continue;
        const other = found.get(key);
        if (!other || outranksIn(row, other)) found.set(key, row);
      }
    }
    return new Map([...found].map(([key, { reason, scope, since }]) => [key, { reason, scope, since }]));
  }

  /** The rows of an address, under its key or its erased key, locked until the transaction ends. */
  async lockRows(tx: EntityManager, keys: readonly string[]): Promise<SuppressedAddress[]> {
    const { dialect } = this.store;
    const lock = (values: string[]) =>
      selectRows(tx, SuppressedAddress, {
        columns: ROW,
        in: { property: 'key', values },
        orderBy: ['key', 'scope'],
        lock: true,
      });
    const asked = [...this.storedKeys(keys).keys()];
    if (dialect !== 'mysql') return lock(asked);
    const there = await selectRows(tx, SuppressedAddress, {
      columns: ['key'],
      in: { property: 'key', values: asked },
    });
    // Only rows that are there are locked: on MySQL a locked gap makes two writers of new rows deadlock.
    return there.length === 0 ? [] : lock(there.map(({ key }) => key));
  }

  /** Which of the keys were erased, and the key that stands for each now. None without `suppression.eraseKey`. */
  async erased(tx: EntityManager, keys: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    if (this.options.suppression.eraseKey === null) return found;
    const asked = this.storedKeys(keys);
    const rows = await selectRows(tx, SuppressedAddress, {
      columns: ['key'],
      in: { property: 'key', values: [...asked.keys()].filter(isErasedKey) },
    });
    for (const { key } of rows) found.set(asked.get(key)!, key);
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
    const changes = await this.begin(tx, [entries]);
    const applied = changes.apply(entries);
    await insertAll(tx, await update(tx, changes));
    return applied;
  }

  /** Locks what is there of all the entries, before they are applied one after the other. */
  private async begin(
    tx: EntityManager,
    groups: readonly (readonly NewSuppression[])[],
  ): Promise<ListChanges> {
    const keys = [...new Set(groups.flat().map(({ key }) => key))];
    const rows = [];
    for (const part of parts(keys)) rows.push(...(await this.lockRows(tx, part)));
    const at = new Date(this.clock.now());
    return new ListChanges(rows, this.storedKeys(keys), [...this.options.streams.keys()], at);
  }
}

/** Updates rows, which are locked. Gives those that are to be inserted. */
async function update(tx: EntityManager, changes: ListChanges): Promise<Insertion[]> {
  const { inserted, updated, history } = changes.rows();
  for (const { key, scope, ...values } of updated) await tx.update(SuppressedAddress, { key, scope }, values);
  return [insertion(SuppressedAddress, inserted), insertion(SuppressionHistory, history)];
}

/** Of two equally strong suppressions the one of every stream is told. */
function outranksIn(a: FoundSuppression, b: FoundSuppression): boolean {
  return outranks(a, b) || (!outranks(b, a) && a.scope === EVERY_STREAM && b.scope !== EVERY_STREAM);
}

function rowId(key: string, scope: string): string {
  return `${key}\n${scope}`;
}

function parts<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / MOST_KEYS) }, (_, i) =>
    all.slice(i * MOST_KEYS, (i + 1) * MOST_KEYS),
  );
}
