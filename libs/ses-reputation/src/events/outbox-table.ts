import { Inject, Injectable } from '@nestjs/common';
import { In, Raw, type EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { BackgroundStore } from '../store/background-store.js';
import { fitText } from '../store/fit-text.js';
import { insertAll, insertion, type Insertion } from '../store/insert-rows.js';
import { RawSql } from '../store/raw-sql.js';
import type { Store } from '../store/store.js';
import { tablePlan } from '../store/table-plan.js';
import { timeOrderedId } from '../store/time-ordered-id.js';
import { duePage, sortedByWait, type SortedRows } from './due-page.js';
import { eventKey } from './event-key.js';
import { OutboxEvent } from './outbox-event.entity.js';
import { writePayload } from './payload-json.js';
import type { PendingEvent } from './ses-events.js';

const LONGEST_ERROR = 1_000;
/** So many pages of what may not go yet are read in one look. */
const MOST_PAGES = 20;
/** Not yet tried. Alarms come before all else: a newsletter's clicks must not hold them up. */
const UNTRIED = { alarm: new Date(-1), other: new Date(0) };
const ALARM = /^ses\.(reputation\.(?!blocked)|guard|account|unaccounted|feedback)\b/;

/** What became of an attempt that failed. */
export interface FailedAttempt {
  row: OutboxEvent;
  error: string;
  state: OutboxEvent['state'];
  /** Milliseconds since the epoch; see {@link OutboxEvent.dueAt}. */
  dueMs: number;
}

/** This application's rows of the outbox, as writing and delivering them needs them. */
@Injectable()
export class OutboxTable {
  constructor(
    @Inject(BackgroundStore) private readonly store: Store,
    private readonly clock: Clock,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Writes events in the transaction of their cause, after `before`. Their ids sort as they are given. */
  async insert(
    tx: EntityManager,
    events: readonly PendingEvent[],
    before: readonly Insertion[] = [],
  ): Promise<void> {
    const storedAt = new Date(this.clock.now());
    const rows = events.map((event) => ({
      id: timeOrderedId(storedAt.getTime()),
      app: this.options.app,
      name: event.name,
      key: eventKey(event),
      payload: writePayload(event.payload),
      state: 'pending' as const,
      attempts: 0,
      dueAt: ALARM.test(event.name) ? UNTRIED.alarm : UNTRIED.other,
      storedAt,
      error: null,
    }));
    await insertAll(tx, [...before, insertion(OutboxEvent, rows)]);
  }

  /**
   * What may be delivered now, those of one key in order. Not what is `taken`, nor what is behind an event of its
   * key that waits to be tried again: that is put off until then, so that however much of it there is, it is no
   * obstacle to the rest. `isAll`: there is no more than that.
   *
   * @param notNamed names of events to leave out
   */
  async due(
    taken: readonly string[],
    limit: number,
    notNamed: readonly string[] = [],
  ): Promise<{ rows: OutboxEvent[]; isAll: boolean }> {
    const due = { app: this.options.app, taken, notNamed };
    let after: OutboxEvent | null = null;
    for (let pages = 1; ; pages++) {
      const { free, behind, last, isAll } = await this.readCommitted(async (manager) => {
        const page = await duePage(manager, due, { nowMs: this.clock.now(), after, limit });
        const sorted = await sortedByWait(manager, page, due);
        return { ...sorted, last: page.at(-1) ?? null, isAll: page.length < limit };
      });
      if (behind.length > 0) await this.putOff(behind);
      if (free.length > 0 || isAll || pages === MOST_PAGES)
        return { rows: free, isAll: isAll || free.length === 0 };
      // What was put off stands elsewhere now, perhaps before the place reached: it must not be passed over.
      after = behind.length > 0 ? null : last;
    }
  }

  private putOff(behind: SortedRows['behind']): Promise<void> {
    return this.store.transaction(async (tx) => {
      for (const dueMs of new Set(behind.map((row) => row.dueMs))) {
        const ids = behind.filter((row) => row.dueMs === dueMs).map(({ id }) => id);
        await tx.update(
          OutboxEvent,
          { id: In(ids.toSorted()), state: 'pending' },
          { dueAt: new Date(dueMs) },
        );
      }
    });
  }

  /** After the clock was put back: nothing waits for longer than it may. */
  async bringForward(longestRetryMs: number): Promise<void> {
    const latest = this.clock.now() + longestRetryMs;
    const { app } = this.options;
    await this.store.transaction((tx) =>
      tx
        .createQueryBuilder()
        .update(OutboxEvent)
        .set({ dueAt: new Date(latest) })
        // TypeORM 0.3 hands an operator's value to the driver untransformed.
        .where({ app, state: 'pending', dueAt: Raw((column) => `${column} > :latest`, { latest }) })
        .execute(),
    );
  }

  /** Writes down how attempts ended. A row that was erased or discarded meanwhile stays away. */
  settle(delivered: readonly string[], failed: readonly FailedAttempt[]): Promise<void> {
    // There, one statement is a transaction by itself, in one round trip instead of three.
    if (failed.length === 0 && this.store.dialect === 'postgres')
      return this.store.read((manager) => deleteRows(manager, delivered));
    return this.store.transaction(async (tx) => {
      if (delivered.length > 0) await deleteRows(tx, delivered);
      for (const group of alike(failed)) {
        const { row, error, state } = group[0]!;
        const dueMs = Math.max(...group.map((attempt) => attempt.dueMs));
        const ids = group.map((attempt) => attempt.row.id).toSorted();
        await tx.update(
          OutboxEvent,
          // Another process may have tried it since, if this one has stopped leading.
          { id: In(ids), state: 'pending', attempts: row.attempts },
          { state, attempts: row.attempts + 1, dueAt: new Date(dueMs), error: fitText(error, LONGEST_ERROR) },
        );
      }
    });
  }

  /** SQLite has one connection: what is read outside our turn may be a transaction's that is rolled back later. */
  private readCommitted<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.store.dialect === 'sqlite' ? this.store.transaction(work) : this.store.read(work);
  }
}

async function deleteRows(manager: EntityManager, ids: readonly string[]): Promise<void> {
  const { table, column } = tablePlan(manager, OutboxEvent);
  const sql = new RawSql(manager);
  const condition = sql.among(column('id').name, ids.toSorted());
  await sql.rows(`DELETE FROM ${table} WHERE ${condition}`);
}

/** Attempts that one UPDATE can write down. */
function alike(failed: readonly FailedAttempt[]): FailedAttempt[][] {
  const groups = new Map<string, FailedAttempt[]>();
  for (const attempt of failed) {
    const id = JSON.stringify([attempt.row.attempts, attempt.state, attempt.error]);
    groups.set(id, [...(groups.get(id) ?? []), attempt]);
  }
  return [...groups.values()];
}
