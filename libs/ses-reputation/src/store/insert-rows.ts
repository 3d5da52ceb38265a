import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import { arrayLiteral } from './array-literal.js';
import { writePrepared } from './prepared.js';
import { tablePlan, type TablePlan } from './table-plan.js';

/** What becomes of a row that is there already. */
export interface OnConflict<T> {
  keys: readonly (keyof T & string)[];
  replace?: readonly (keyof T & string)[];
  /** Adds in the database itself, so that two writers never lose what the other added. */
  add?: readonly (keyof T & string)[];
}

/** MySQL's packet may be as small as 4 MiB, and escaping makes up to twice as much of a text. */
const MOST_BYTES = 1_500_000;
/** So many rows a statement: few different texts, so that drivers keep them prepared. SQLite takes 32,766 values. */
const SIZES = [256, 64, 16, 4, 1];

/** Rows of one table. */
export interface Insertion<T extends ObjectLiteral = ObjectLiteral> {
  entity: EntityTarget<T>;
  /** Complete ones: a property that is missing is written as NULL. With `onConflict` no two of one key. */
  rows: readonly T[];
  onConflict?: OnConflict<T>;
}

/** Rows as they are handed to the database, and the statement around them. */
interface Prepared {
  plan: TablePlan;
  start: string;
  end: string;
  rows: readonly ObjectLiteral[];
}

/**
 * Writes rows with a statement for many of them, made by hand: TypeORM takes longer to build an INSERT than the
 * database to run it. Transformers of columns are applied; nothing is generated, read back or told to subscribers.
 */
export function insertRows<T extends ObjectLiteral>(
  tx: EntityManager,
  entity: EntityTarget<T>,
  rows: readonly T[],
  onConflict?: OnConflict<T>,
): Promise<void> {
  return insertAll(tx, [insertion(entity, rows, onConflict)]);
}

/** For {@link insertAll}, which takes rows of any table. */
export function insertion<T extends ObjectLiteral>(
  entity: EntityTarget<T>,
  rows: readonly T[],
  onConflict?: OnConflict<T>,
): Insertion {
  return { entity, rows, onConflict } as unknown as Insertion;
}

/** {@link insertRows} for several tables: with one statement for all of them where the database can do that. */
export async function insertAll(tx: EntityManager, insertions: readonly Insertion[]): Promise<void> {
  const prepared = insertions.filter(({ rows }) => rows.length > 0).map((one) => prepare(tx, one));
  if (tx.connection.options.type === 'postgres') return insertArrays(tx, prepared);
  for (const one of prepared) await insertTuples(tx, one);
}

function prepare(tx: EntityManager, { entity, rows, onConflict }: Insertion): Prepared {
  const plan = tablePlan(tx, entity);
  const { type } = tx.connection.options;
  const mysql = type === 'mysql' || type === 'mariadb';
  return {
    plan,
    start: `INSERT INTO ${plan.table} (${plan.columns.map(({ name }) => name).join(', ')})`,
    end: onConflict ? conflictClause(plan, onConflict, mysql) : '',
    rows,
  };
}

/**
 * PostgreSQL: one text whatever the number of rows, and one round trip for all tables. Each counts what was written
 * before it, and so comes after it: left to itself, PostgreSQL may begin with the last.
 */
async function insertArrays(tx: EntityManager, prepared: readonly Prepared[]): Promise<void> {
  if (prepared.length === 0) return;
  const parameters: string[] = [];
  const statements = prepared.map(({ plan, start, end, rows }, place) => {
    const arrays = plan.columns.map(({ type, property, toStored }) => {
      parameters.push(arrayLiteral(rows.map((row) => toStored(row[property]))));
      return `$${parameters.length}::${type}[]`;
    });
    const after = place === 0 ? '' : ` WHERE (SELECT count(*) FROM i${place - 1}) >= 0`;
    return `${start} SELECT * FROM unnest(${arrays.join(', ')})${after}${end}`;
  });
  const last = statements.pop()!;
  const before = statements.map((statement, n) => `i${n} AS (${statement} RETURNING 1)`);
  await writePrepared(tx, before.length === 0 ? last : `WITH ${before.join(', ')} ${last}`, parameters);
}

async function insertTuples(tx: EntityManager, { plan, start, end, rows }: Prepared): Promise<void> {
  const values = rows.map((row) => plan.columns.map(({ property, toStored }) => toStored(row[property])));
  const tuple = `(${plan.columns.map(() => '?').join(', ')})`;
  for (const part of byBytes(values)) {
    let from = 0;
    for (const size of SIZES) {
      for (; part.length - from >= size; from += size) {
        const tuples = Array.from({ length: size }, () => tuple).join(', ');
        await tx.query(`${start} VALUES ${tuples}${end}`, part.slice(from, from + size).flat());
      }
    }
  }
}

function conflictClause<T>({ table, column }: TablePlan, conflict: OnConflict<T>, mysql: boolean): string {
  const { keys, replace = [], add = [] } = conflict;
  const incoming = (name: string) => (mysql ? `VALUES(${name})` : `excluded.${name}`);
  const sets = [
    ...replace.map((property) => column(property).name).map((name) => `${name} = ${incoming(name)}`),
    ...add
      .map((property) => column(property).name)
      .map((name) => `${name} = ${mysql ? name : `${table}.${name}`} + ${incoming(name)}`),
  ].join(', ');
  if (mysql) return ` ON DUPLICATE KEY UPDATE ${sets}`;
  return ` ON CONFLICT (${keys.map((key) => column(key).name).join(', ')}) DO UPDATE SET ${sets}`;
}

function* byBytes(rows: readonly unknown[][]): Generator<unknown[][]> {
  let part: unknown[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const more = row.reduce<number>(
      (sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value) : 8),
      0,
    );
    if (part.length > 0 && bytes + more > MOST_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += more;
  }
  if (part.length > 0) yield part;
}
