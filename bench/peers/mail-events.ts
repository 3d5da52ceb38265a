import type { DataSource } from 'typeorm';

export const MAIL_EVENTS = 'mail_event';

/** A table of what happened to each mail, as an application keeps it to count from; one of 50 is a bounce. */
export async function fillMailEvents(
  dataSource: DataSource,
  database: 'SQLite' | 'PostgreSQL',
  rows: number,
): Promise<void> {
  const series =
    database === 'SQLite'
      ? `WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < ${rows}) SELECT n FROM series`
      : `SELECT generate_series(1, ${rows}) AS n`;
  await dataSource.query(
    `CREATE TABLE ${MAIL_EVENTS} (id integer PRIMARY KEY, type varchar(16), address varchar(320), at bigint)`,
  );
  await dataSource.query(
    `INSERT INTO ${MAIL_EVENTS} (id, type, address, at) ` +
      `SELECT n, CASE WHEN n % 50 = 0 THEN 'bounce' ELSE 'send' END, 'reader-' || n || '@example.com', n FROM (${series}) s`,
  );
  await dataSource.query(`CREATE INDEX ix_${MAIL_EVENTS}_type ON ${MAIL_EVENTS} (type, at)`);
  // PostgreSQL then counts from the index alone.
  await dataSource.query(database === 'SQLite' ? 'ANALYZE' : `VACUUM ANALYZE ${MAIL_EVENTS}`);
}
