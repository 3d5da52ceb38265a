import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import { RawSql } from './raw-sql.js';
import { rowsOf, selectList, tablePlan, type PlannedColumn } from './table-plan.js';

export interface RowsWanted<T, K extends keyof T & string> {
  columns: readonly K[];
  /** Rows with one of many values in a column that has an index. */
  in: { property: keyof T & string; values: readonly string[] };
  /** And these values, as they are stored. */
  equal?: { [P in keyof T & string]?: string | number };
  /** And more than this, as it is stored. */
  above?: { property: keyof T & string; value: number };
  /** Of so many values that they take several statements, those of each are sorted by themselves. */
  orderBy?: readonly (keyof T & string)[];
  descending?: boolean;
  /** At most so many, a statement. */
  limit?: number;
  /** Locks them until the transaction ends; not on SQLite, whose transactions take turns. */
  lock?: boolean;
}

/** Databases without arrays get so many values a statement. */
const MOST_VALUES = 500;

/** Reads rows by many values, with one statement made by hand, or a few. Gives no entities, but their values. */
export async function selectRows<T extends ObjectLiteral, K extends keyof T & string>(
  tx: EntityManager,
  entity: EntityTarget<T>,
  wanted: RowsWanted<T, K>,
): Promise<Pick<T, K>[]> {
  // Rows are locked in the order in which they are asked for: in one order, two writers don't deadlock.
  const values = [...new Set(wanted.in.values)].toSorted();
  const { type } = tx.connection.options;
  const step = type === 'mysql' || type === 'mariadb' ? MOST_VALUES : Infinity;
  const found: Pick<T, K>[] = [];
  for (let from = 0; from < values.length; from += step) {
    found.push(...(await selectPart(tx, entity, wanted, values.slice(from, from + step))));
  }
  return found;
}

async function selectPart<T extends ObjectLiteral, K extends keyof T & string>(
  tx: EntityManager,
  entity: EntityTarget<T>,
  wanted: RowsWanted<T, K>,
  values: readonly string[],
): Promise<Pick<T, K>[]> {
  const { table, column } = tablePlan(tx, entity);
  const { type } = tx.connection.options;
  const sql = new RawSql(tx);
  const asked = among(sql, type, column(wanted.in.property), values);
  const conditions = [asked.condition];
  for (const [property, value] of Object.entries(wanted.equal ?? {}))
    conditions.push(`${column(property).name} = ${sql.value(value as string | number)}`);
  if (wanted.above)
    conditions.push(`${column(wanted.above.property).name} > ${sql.value(wanted.above.value)}`);
  const columns = wanted.columns.map(column);
  const direction = wanted.descending ? ' DESC' : '';
  const order = (wanted.orderBy ?? []).map((property) => column(property).name);
  const from = `FROM ${table} WHERE ${conditions.join(' AND ')}`;
  const rows = await sql.rows<Record<string, unknown>>(
    `SELECT ${selectList(columns)} ` +
      (asked.each === null
        ? from
        : `FROM ${asked.each} CROSS JOIN LATERAL (SELECT * ${from} OFFSET 0) AS found`) +
      (order.length > 0 ? ` ORDER BY ${order.map((name) => name + direction).join(', ')}` : '') +
      (wanted.limit === undefined ? '' : ` LIMIT ${wanted.limit}`) +
      (wanted.lock && isServer(type) ? ` FOR UPDATE${asked.each === null ? '' : ' OF found'}` : ''),
  );
  return rowsOf<Pick<T, K>>(columns, rows);
}

/** Those of the ids that are in one of the tables, with a statement for all of them. */
export async function idsAmong(
  tx: EntityManager,
  tables: readonly { entity: EntityTarget<{ id: string }>; ids: readonly string[] }[],
): Promise<Set<string>> {
  const { type } = tx.connection.options;
  const most = Math.max(...tables.map(({ ids }) => ids.length));
  const step = type === 'mysql' || type === 'mariadb' ? MOST_VALUES : Math.max(1, most);
  const found = new Set<string>();
  for (let from = 0; from < most; from += step) {
    const sql = new RawSql(tx);
    const selects = tables
      .map(({ entity, ids }) => ({ plan: tablePlan(tx, entity), part: ids.slice(from, from + step) }))
      .filter(({ part }) => part.length > 0)
      .map(({ plan, part }) => {
        const id = plan.column('id');
        const { condition, each } = among(sql, type, id, part);
        const from = `FROM ${plan.table} WHERE ${condition}`;
        return each === null
          ? `SELECT ${id.name} AS id ${from}`
          : `SELECT found.id FROM ${each} CROSS JOIN LATERAL (SELECT ${id.name} AS id ${from} OFFSET 0) AS found`;
      });
    for (const { id } of await sql.rows<{ id: string }>(selects.join(' UNION ALL '))) found.add(id);
  }
  return found;
}

/**
 * One text for any number of values where the database allows it, so that it is prepared once. On PostgreSQL an index
 * is asked for each value (`OFFSET 0` keeps that so): for `= ANY` it reads the whole table where it has no statistics
 * yet, or where the values are more than about one in a hundred rows.
 */
function among(
  sql: RawSql,
  type: string,
  { name, type: columnType }: PlannedColumn,
  values: readonly string[],
): { condition: string; each: string | null } {
  if (type === 'postgres') {
    return {
      condition: `${name} = asked.asked_for`,
      each: `unnest(${sql.array(values)}::${columnType}[]) AS asked(asked_for)`,
    };
  }
  const list = isServer(type)
    ? sql.list(values)
    : `SELECT value FROM json_each(${sql.value(JSON.stringify(values))})`;
  return { condition: `${name} IN (${list})`, each: null };
}

function isServer(type: string): boolean {
  return type === 'postgres' || type === 'mysql' || type === 'mariadb';
}
