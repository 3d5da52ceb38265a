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

/** What is not to be read: rows by id, and events by name. */
interface Due {
  taken: readonly string[];
  notNamed: readonly string[];
}

interface Waiting {
  dueMs: number;
  /** Lowest id. */
  first: string;
}

interface SortedRows {
  free: OutboxEvent[];
  /** And when the event before each is due. */
  behind: { id: string; dueMs: number }[];
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
    let after: OutboxEvent | null = null;
    for (let pages = 1; ; pages++) {
      const { free, behind, last, isAll } = await this.readCommitted(async (manager) => {
        const page = await this.page(manager, { taken, notNamed, after, limit });
        const sorted = await this.sorted(manager, page, { taken, notNamed });
        return { ...sorted, last: page.at(-1) ?? null, isAll: page.length < limit };
      });
      if (behind.length > 0) await this.putOff(behind);
      if (free.length > 0 || isAll || pages === MOST_PAGES)
        return { rows: free, isAll: isAll || free.length === 0 };
      // What was put off stands elsewhere now, perhaps before the place reached: it must not be passed over.
      after = behind.length > 0 ? null : last;
    }
  }

  private async page(
    manager: EntityManager,
    { taken, notNamed, after, limit }: Due & { after: OutboxEvent | null; limit: number },
  ): Promise<OutboxEvent[]> {
    const { table, columns, column } = tablePlan(manager, OutboxEvent);
    const [id, dueAt] = [column('id').name, column('dueAt').name];
    const sql = new RawSql(manager);
    const conditions = [
      `${column('app').name} = ${sql.value(this.options.app)}`,
      `${column('state').name} = 'pending'`,
      `${dueAt} <= ${sql.value(this.clock.now())}`,
    ];
    if (taken.length > 0) conditions.push(sql.among(id, taken, { not: true }));
    if (notNamed.length > 0) conditions.push(sql.among(column('name').name, notNamed, { not: true }));
    if (after !== null) {
      const lastDue = after.dueAt.getTime();
      const later = `${dueAt} > ${sql.value(lastDue)}`;
      const alike = `${dueAt} = ${sql.value(lastDue)} AND ${id} > ${sql.value(after.id)}`;
      conditions.push(`(${later} OR (${alike}))`);
    }
    const rows = await sql.rows<Record<string, unknown>>(
      `SELECT ${columns.map(({ name }, n) => `${name} AS c${n}`).join(', ')} FROM ${table} ` +
        `WHERE ${conditions.join(' AND ')} ORDER BY ${dueAt}, ${id} LIMIT ${limit}`,
    );
    return rows.map(
      (row) =>
        Object.fromEntries(
          columns.map(({ property, fromStored }, n) => [property, fromStored(row[`c${n}`])]),
        ) as unknown as OutboxEvent,
    );
  }

  /** Parts rows in those that may go, and those behind an earlier event of their key that comes later. */
  private async sorted(manager: EntityManager, page: readonly OutboxEvent[], due: Due): Promise<SortedRows> {
    const keys = [...new Set(page.flatMap(({ key }) => key ?? []))];
    if (keys.length === 0) return { free: [...page], behind: [] };
    const waiting = await this.waiting(manager, keys);
    const leftOut =
      due.notNamed.length > 0 ? await this.leftOut(manager, keys, due) : new Map<string, string>();
    const sorted: SortedRows = { free: [], behind: [] };
    /** Until when the events of a key are put off. */
    const putOff = new Map<string, number>();
    const behind = new Map<string, number>();
    // By age, not by when they are due: what is put off puts off all that follows it.
    for (const { id, key, dueAt } of page.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      if (key === null) continue;
      const before = (waiting.get(key) ?? []).filter(
        ({ dueMs, first }) => first < id && dueMs > dueAt.getTime(),
      );
      const dueMs = Math.max(...before.map((one) => one.dueMs), putOff.get(key) ?? 0);
      if (dueMs === 0) continue;
      putOff.set(key, dueMs);
      behind.set(id, dueMs);
    }
    for (const row of page) {
      const dueMs = behind.get(row.id);
      if (dueMs !== undefined) sorted.behind.push({ id: row.id, dueMs });
      else if (!((leftOut.get(row.key ?? '') ?? row.id) < row.id)) sorted.free.push(row);
    }
    return sorted;
  }

  /** When events of these keys that have failed are due, and the first of each such time. */
  private async waiting(manager: EntityManager, keys: string[]): Promise<Map<string, Waiting[]>> {
    // Asked for the page's keys only: joined to all that is due, it would take a database the square of that.
    const { table, column } = tablePlan(manager, OutboxEvent);
    const [id, key, dueAt] = [column('id').name, column('key').name, column('dueAt').name];
    const sql = new RawSql(manager);
    const conditions = [
      sql.among(key, keys),
      `${column('app').name} = ${sql.value(this.options.app)}`,
      `${column('state').name} = 'pending'`,
      `${dueAt} > 0`,
    ];
    const rows = await sql.rows<{ c0: string; c1: string | number; c2: string }>(
      `SELECT ${key} AS c0, ${dueAt} AS c1, MIN(${id}) AS c2 FROM ${table} ` +
        `WHERE ${conditions.join(' AND ')} GROUP BY ${key}, ${dueAt}`,
    );
    const byKey = new Map<string, Waiting[]>();
    for (const { c0, c1, c2 } of rows) {
      byKey.set(c0, [...(byKey.get(c0) ?? []), { dueMs: Number(c1), first: c2 }]);
    }
    return byKey;
  }

  /** The first event of each key that is left out for its name: what comes after it waits too. */
  private async leftOut(
    manager: EntityManager,
    keys: string[],
    { taken, notNamed }: Due,
  ): Promise<Map<string, string>> {
    const query = this.ofKeys(manager, keys).andWhere('b.name IN (:...notNamed)', { notNamed });
    if (taken.length > 0) query.andWhere('b.id NOT IN (:...taken)', { taken });
    const rows = await query.getRawMany<{ key: string; first: string }>();
    return new Map(rows.map(({ key, first }) => [key, first]));
  }

  private ofKeys(manager: EntityManager, keys: string[]) {
    return manager
      .createQueryBuilder(OutboxEvent, 'b')
      .select('b.key', 'key')
      .addSelect('MIN(b.id)', 'first')
      .where(`b.key IN (:...keys) AND b.app = :app AND b.state = 'pending'`, { keys, app: this.options.app })
      .groupBy('b.key');
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
