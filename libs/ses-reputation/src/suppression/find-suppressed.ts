import type { EntityManager } from 'typeorm';
import { RawSql } from '../store/raw-sql.js';
import { rowsOf, selectList, tablePlan } from '../store/table-plan.js';
import type { ListPosition } from './list-cursor.js';
import { beginning, containing, searchStarts, searchTerms } from './search-terms.js';
import { SuppressedAddress } from './suppressed-address.entity.js';
import type { SuppressionReason } from './suppression-reason.js';

export interface SuppressionFilter {
  reason?: SuppressionReason;
  scope?: string;
  /**
   * The beginning of an address or its domain (`ann`, `ann@exam`, `example.com`, `@example.com`), without regard to
   * case. In a list of up to 100,000 any part of an address.
   */
  search?: string;
}

/** A list that is longer is searched by index alone: to read all of it for a search takes seconds. */
export const LONGEST_READ = 100_000;

interface Page {
  after: ListPosition | null;
  limit: number;
  nowMs: number;
}

type ColumnName = (property: keyof SuppressedAddress) => string;
type Condition = (sql: RawSql, column: ColumnName) => string;

/** Suppressions that hold now, in order of key and scope, from behind `after`. */
export async function findSuppressed(
  manager: EntityManager,
  filter: SuppressionFilter,
  page: Page,
): Promise<SuppressedAddress[]> {
  const { table, columns, column } = tablePlan(manager, SuppressedAddress);
  const searches = await searchConditions(manager, filter.search);
  const sql = new RawSql(manager);
  const name: ColumnName = (property) => column(property).name;
  const selected = selectList(columns);
  const parts = searches.map((search) => {
    const conditions = [...pageConditions(filter, page), search].map((condition) => condition(sql, name));
    const order = `ORDER BY ${name('key')}, ${name('scope')} LIMIT ${page.limit}`;
    return `SELECT ${selected} FROM ${table} WHERE ${conditions.join(' AND ')} ${order}`;
  });
  const alias = (property: string) => `c${columns.findIndex((column) => column.property === property)}`;
  // Each part finds its own first rows in the order of an index; the first of all are among them.
  const text =
    parts.length === 1
      ? parts[0]!
      : `${parts.map((part, n) => `SELECT * FROM (${part}) p${n}`).join(' UNION ')} ` +
        `ORDER BY ${alias('key')}, ${alias('scope')} LIMIT ${page.limit}`;
  const rows = await sql.rows<Record<string, unknown>>(text);
  return rowsOf<SuppressedAddress>(columns, rows);
}

function pageConditions({ reason, scope }: SuppressionFilter, { after, nowMs }: Page): Condition[] {
  const conditions: Condition[] = [
    (sql, column) => `(${column('expiresAt')} IS NULL OR ${column('expiresAt')} > ${sql.value(nowMs)})`,
  ];
  if (reason !== undefined) conditions.push((sql, column) => `${column('reason')} = ${sql.value(reason)}`);
  if (scope !== undefined) conditions.push((sql, column) => `${column('scope')} = ${sql.value(scope)}`);
  if (after !== null) {
    conditions.push((sql, column) => {
      const [key, scope] = [column('key'), column('scope')];
      const from = `${key} >= ${sql.value(after.key)}`;
      return `${from} AND (${key} > ${sql.value(after.key)} OR ${scope} > ${sql.value(after.scope)})`;
    });
  }
  return conditions;
}

/** What a row must meet one of. The key of an erased address is a hash, in which nobody looks for anything. */
async function searchConditions(manager: EntityManager, search = ''): Promise<Condition[]> {
  if (search.trim() === '') return [() => '1 = 1'];
  if (!(await isLong(manager))) {
    return [
      (sql, column) => {
        const likes = searchTerms(search).map((term) => like(sql, column('key'), containing(term)));
        return `${column('address')} <> '' AND (${likes.join(' OR ')})`;
      },
    ];
  }
  const { prefixes, domain } = searchStarts(search);
  const conditions = prefixes.map((prefix): Condition => {
    return (sql, column) =>
      `${column('address')} <> '' AND ${beginsWith(manager, sql, column('key'), prefix)}`;
  });
  if (domain !== null) conditions.push((sql, column) => `${column('domain')} = ${sql.value(domain)}`);
  return conditions.length > 0 ? conditions : [() => '1 = 0'];
}

/** Counts no further than it must. */
async function isLong(manager: EntityManager): Promise<boolean> {
  const { table } = tablePlan(manager, SuppressedAddress);
  const rows: unknown[] = await manager.query(`SELECT 1 FROM ${table} LIMIT 1 OFFSET ${LONGEST_READ}`);
  return rows.length > 0;
}

function beginsWith(manager: EntityManager, sql: RawSql, column: string, prefix: string): string {
  const { type } = manager.connection.options;
  if (type === 'postgres' || type === 'mysql' || type === 'mariadb') {
    return like(sql, column, beginning(prefix));
  }
  // SQLite's LIKE knows no case, so that it can't use an index of what does. Keys are printable ASCII.
  const next = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return `${column} >= ${sql.value(prefix)} AND ${column} < ${sql.value(next)}`;
}

function like(sql: RawSql, column: string, pattern: string): string {
  return `${column} LIKE ${sql.value(pattern)} ESCAPE '!'`;
}
