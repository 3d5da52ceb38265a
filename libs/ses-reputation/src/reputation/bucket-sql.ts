import type { EntityManager } from 'typeorm';
import { tableNames } from '../store/raw-sql.js';
import type { Dialect } from '../store/store.js';
import type { BucketDelta } from './bucket-delta.js';
import { COUNTERS, ReputationBucket } from './reputation-bucket.entity.js';

/** 15 parameters a row, and SQLite takes 32,766 of them at most. */
const ROWS_A_STATEMENT = 500;

/**
 * Adds to buckets, and makes those that are not there. One statement adds in the database itself, so that two
 * writers never lose what the other added; rows come sorted, so that they never wait for each other in a ring.
 */
export async function addToBuckets(
  tx: EntityManager,
  dialect: Dialect,
  sorted: readonly BucketDelta[],
): Promise<void> {
  for (let from = 0; from < sorted.length; from += ROWS_A_STATEMENT) {
    const rows = sorted.slice(from, from + ROWS_A_STATEMENT);
    const parameters = rows.flatMap(({ dimension, start, minutes, counts }) => [
      dimension,
      start,
      minutes,
      ...COUNTERS.map((counter) => counts[counter] ?? 0),
    ]);
    await tx.query(statement(tx, dialect, rows.length), parameters);
  }
}

function statement(tx: EntityManager, dialect: Dialect, rows: number): string {
  const { table, column } = tableNames(tx, ReputationBucket);
  const place = (n: number) => (dialect === 'postgres' ? `$${n + 1}` : '?');
  const keys = [column('dimension'), column('start'), column('minutes')];
  const counters = COUNTERS.map(column);
  const columns = [...keys, ...counters];
  const values = Array.from(
    { length: rows },
    (_, row) => `(${columns.map((_column, n) => place(row * columns.length + n)).join(', ')})`,
  );
  const insert = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values.join(', ')}`;
  if (dialect === 'mysql') {
    const sums = counters.map((name) => `${name} = ${name} + VALUES(${name})`);
    return `${insert} ON DUPLICATE KEY UPDATE ${sums.join(', ')}`;
  }
  const sums = counters.map((name) => `${name} = ${table}.${name} + excluded.${name}`);
  return `${insert} ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${sums.join(', ')}`;
}
