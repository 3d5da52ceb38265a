import type { DatabaseName } from './databases.js';

/** A query of the numbers from 1 on, as column `n`: the database fills large tables by itself. */
export function seriesOf(rows: number, database: DatabaseName): string {
  if (database === 'PostgreSQL') return `SELECT generate_series(1, ${rows}) AS n`;
  if (database === 'MariaDB') return `SELECT seq AS n FROM seq_1_to_${rows}`;
  return `WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < ${rows}) SELECT n FROM series`;
}
