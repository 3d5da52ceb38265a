import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
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

/**
 * Writes rows with a statement for many of them, made by hand: TypeORM takes longer to build an INSERT than the
 * database to run it. Transformers of columns are applied; nothing is generated, read back or told to subscribers.
 *
 * @param rows complete ones: a property that is missing is written as NULL. With `onConflict` no two of one key.
 */
export async function insertRows<T extends ObjectLiteral>(
  tx: EntityManager,
  entity: EntityTarget<T>,
  rows: readonly T[],
  onConflict?: OnConflict<T>,
): Promise<void> {
  if (rows.length === 0) return;
  const plan = tablePlan(tx, entity);
  const { type } = tx.connection.options;
  const end = onConflict ? conflictClause(plan, onConflict, type === 'mysql' || type === 'mariadb') : '';
  const values = rows.map((row) =>
    plan.columns.map(({ property, toStored }) => toStored((row as Record<string, unknown>)[property])),
  );
  const names = plan.columns.map(({ name }) => name).join(', ');
  const start = `INSERT INTO ${plan.table} (${names})`;
  if (type === 'postgres') {
    // One text whatever the number of rows.
    const arrays = plan.columns.map((column, n) => `$${n + 1}::${column.type}[]`).join(', ');
    for (const part of byBytes(values, Number.MAX_SAFE_INTEGER)) {
      const columns = plan.columns.map((_, n) => part.map((row) => row[n]));
      await tx.query(`${start} SELECT * FROM unnest(${arrays})${end}`, columns);
    }
    return;
  }
  const tuple = `(${plan.columns.map(() => '?').join(', ')})`;
  for (const part of byBytes(values, SIZES[0]!)) {
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

function* byBytes(rows: readonly unknown[][], mostRows: number): Generator<unknown[][]> {
  let part: unknown[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const more = row.reduce<number>(
      (sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value) : 8),
      0,
    );
    if (part.length === mostRows || (part.length > 0 && bytes + more > MOST_BYTES)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += more;
  }
  if (part.length > 0) yield part;
}
