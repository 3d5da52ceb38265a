import type { DataSource } from 'typeorm';
import type { DatabaseName } from '../support/databases.js';
import { seriesOf } from '../support/series.js';

export const MAIL_EVENTS = 'mail_event';

/** A table of what happened to each mail, as an application keeps it to count from; one of 50 is a bounce. */
export async function fillMailEvents(
  dataSource: DataSource,
  database: DatabaseName,
  rows: number,
): Promise<void> {
  await dataSource.query(
    `CREATE TABLE ${MAIL_EVENTS} (id integer PRIMARY KEY, type varchar(16), address varchar(320), at bigint)`,
  );
  await dataSource.query(
    `INSERT INTO ${MAIL_EVENTS} (id, type, address, at) ` +
      `SELECT n, CASE WHEN n % 50 = 0 THEN 'bounce' ELSE 'send' END, 'reader-' || n || '@example.com', n FROM (${seriesOf(rows, database)}) s`,
  );
  await dataSource.query(`CREATE INDEX ix_${MAIL_EVENTS}_type ON ${MAIL_EVENTS} (type, at)`);
  // PostgreSQL then counts from the index alone.
  await dataSource.query(database === 'PostgreSQL' ? `VACUUM ANALYZE ${MAIL_EVENTS}` : `ANALYZE`);
}
