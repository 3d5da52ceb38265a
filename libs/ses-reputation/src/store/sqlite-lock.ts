import type { DataSource } from 'typeorm';
import { StoreUnavailableError } from '../errors.js';

/** As far as better-sqlite3 is needed. */
interface BetterSqlite {
  open: boolean;
  inTransaction: boolean;
  pragma(source: string, options?: { simple: boolean }): unknown;
  exec(sql: string): unknown;
}

const PROBES = {
  // Exclusive: a commit waits for the readers of other processes too.
  write: 'BEGIN EXCLUSIVE; ROLLBACK',
  read: 'SELECT 1 FROM sqlite_master LIMIT 1',
} as const;

/**
 * Throws if another process has locked the database file. better-sqlite3 waits for a lock on the event loop, where
 * it holds up everything the host does. Nothing is awaited here, so that no other query gets the shorter wait.
 *
 * @throws StoreUnavailableError
 */
export function refuseIfLocked({ driver }: DataSource, purpose: keyof typeof PROBES): void {
  const { databaseConnection } = driver as { databaseConnection?: Partial<BetterSqlite> };
  if (!databaseConnection?.open || !databaseConnection.pragma) return;
  const connection = databaseConnection as BetterSqlite;
  // It has its locks already, or takes them on the host's account.
  if (connection.inTransaction) return;
  const waitMs = Number(connection.pragma('busy_timeout', { simple: true }));
  connection.pragma('busy_timeout = 0');
  try {
    connection.exec(PROBES[purpose]);
  } catch (error) {
    throw new StoreUnavailableError('another process has locked the database', { cause: error });
  } finally {
    connection.pragma(`busy_timeout = ${waitMs}`);
  }
}
