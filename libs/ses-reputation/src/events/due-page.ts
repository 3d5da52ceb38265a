import type { EntityManager } from 'typeorm';
import { RawSql } from '../store/raw-sql.js';
import { rowsOf, selectList, tablePlan } from '../store/table-plan.js';
import { OutboxEvent } from './outbox-event.entity.js';

/** Whose events are read, and which are not: rows by id, and events by name. */
export interface Due {
  app: string;
  taken: readonly string[];
  notNamed: readonly string[];
}

export interface SortedRows {
  free: OutboxEvent[];
  /** And when the event before each is due. */
  behind: { id: string; dueMs: number }[];
}

interface Waiting {
  dueMs: number;
  /** Lowest id. */
  first: string;
}

/** What is due, by when it was and by age, after a row of the page before. */
export async function duePage(
  manager: EntityManager,
  { app, taken, notNamed }: Due,
  { nowMs, after, limit }: { nowMs: number; after: OutboxEvent | null; limit: number },
): Promise<OutboxEvent[]> {
  const { table, columns, column } = tablePlan(manager, OutboxEvent);
  const [id, dueAt] = [column('id').name, column('dueAt').name];
  const sql = new RawSql(manager);
  const conditions = [
    `${column('app').name} = ${sql.value(app)}`,
    `${column('state').name} = 'pending'`,
    `${dueAt} <= ${sql.value(nowMs)}`,
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
    `SELECT ${selectList(columns)} FROM ${table} ` +
      `WHERE ${conditions.join(' AND ')} ORDER BY ${dueAt}, ${id} LIMIT ${limit}`,
  );
  return rowsOf<OutboxEvent>(columns, rows);
}

/** Parts rows in those that may go, and those behind an earlier event of their key that comes later. */
export async function sortedByWait(
  manager: EntityManager,
  page: readonly OutboxEvent[],
  due: Due,
): Promise<SortedRows> {
  const keys = [...new Set(page.flatMap(({ key }) => key ?? []))];
  if (keys.length === 0) return { free: [...page], behind: [] };
  const waiting = await waitingOf(manager, keys, due);
  const leftOut = due.notNamed.length > 0 ? await leftOutOf(manager, keys, due) : new Map<string, string>();
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
async function waitingOf(
  manager: EntityManager,
  keys: string[],
  { app }: Due,
): Promise<Map<string, Waiting[]>> {
  // Asked for the page's keys only: joined to all that is due, it would take a database the square of that.
  const { table, column } = tablePlan(manager, OutboxEvent);
  const [id, key, dueAt] = [column('id').name, column('key').name, column('dueAt').name];
  const sql = new RawSql(manager);
  const conditions = [
    sql.among(key, keys),
    `${column('app').name} = ${sql.value(app)}`,
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
async function leftOutOf(
  manager: EntityManager,
  keys: string[],
  { app, taken, notNamed }: Due,
): Promise<Map<string, string>> {
  const query = manager
    .createQueryBuilder(OutboxEvent, 'b')
    .select('b.key', 'key')
    .addSelect('MIN(b.id)', 'first')
    .where(`b.key IN (:...keys) AND b.app = :app AND b.state = 'pending'`, { keys, app })
    .andWhere('b.name IN (:...notNamed)', { notNamed })
    .groupBy('b.key');
  if (taken.length > 0) query.andWhere('b.id NOT IN (:...taken)', { taken });
  const rows = await query.getRawMany<{ key: string; first: string }>();
  return new Map(rows.map(({ key, first }) => [key, first]));
}
