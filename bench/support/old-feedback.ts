import type { DataSource } from 'typeorm';
import { hardBounce } from './bounces.js';
import type { DatabaseName } from './databases.js';
import { seriesOf } from './series.js';

/** Filled at a time: MariaDB keeps what one statement has changed until its commit. */
const AT_A_TIME = 20_000;

/**
 * Feedback rows and what was counted of them, received in the order of their number, a millisecond apart, up to a
 * time. As large as rows of hard bounces; their ids are as random as ours.
 */
export async function fillOldFeedback(
  dataSource: DataSource,
  database: DatabaseName,
  rows: number,
  until: number,
): Promise<void> {
  const raw = hardBounce().replaceAll("'", '');
  const text = (left: string, right: string) =>
    database === 'MariaDB' ? `CONCAT(${left}, ${right})` : `(${left} || ${right})`;
  const q = (name: string) => (database === 'MariaDB' ? `\`${name}\`` : `"${name}"`);
  for (let from = 0; from < rows; from += AT_A_TIME) {
    const series = `(${seriesOf(Math.min(AT_A_TIME, rows - from), database)}) s`;
    const n = `(n + ${from})`;
    const asText = database === 'MariaDB' ? `CAST(${n} AS CHAR)` : `CAST(${n} AS varchar)`;
    const id = idOf(asText, database);
    const key = text(text("'reader-'", asText), "'@example.com'");
    const at = `${until - rows} + ${n}`;
    const times = [q('at'), 'sent_at', 'received_at'];
    await dataSource.query(
      `INSERT INTO ses_feedback_event (id, type, category, address, ${q('key')}, message_id, feedback_id, stream, ` +
        `${times.join(', ')}, source, sub_type, status, diagnostic, raw) SELECT ${id}, 'bounce', 'hard', ${key}, ${key}, ` +
        `${text("'0101018b-0000-4000-8000-'", asText)}, ${text("'0100018b-0000-4000-8000-'", asText)}, 'transactional', ` +
        `${at}, ${at}, ${at}, 'http', 'Permanent/General', '5.1.1', 'smtp; 550 5.1.1 user unknown', '${raw}' FROM ${series}`,
    );
    await dataSource.query(
      `INSERT INTO ses_seen_feedback (id, ${q('key')}, sent_at, seen_at) SELECT ${id}, ${key}, ${at}, ${at} FROM ${series}`,
    );
  }
}

function idOf(number: string, database: DatabaseName): string {
  // SQLite has no hash function: its own random bytes do as well.
  return database === 'SQLite' ? 'lower(hex(randomblob(16)))' : `MD5(${number})`;
}
