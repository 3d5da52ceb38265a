interface DriverError {
  code?: string | number;
  errno?: number;
  message?: string;
  driverError?: DriverError;
}

/** PostgreSQL: unique, serialization, deadlock, lock not available. MySQL: the same. SQLite: unique, busy, locked. */
const CONFLICT_CODES = new Set<string | number>([
  '23505',
  '40001',
  '40P01',
  '55P03',
  'ER_DUP_ENTRY',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_CHECKREAD',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_BUSY',
  'SQLITE_BUSY_SNAPSHOT',
  'SQLITE_LOCKED',
]);

/** Another writer was first: the same work, done again, sees what that one wrote. */
export function isConflict(error: unknown): boolean {
  const { driverError, code } = (error ?? {}) as DriverError;
  // SQLite, one connection: somebody else's BEGIN came between.
  return CONFLICT_CODES.has(driverError?.code ?? code ?? '') || /within a transaction/.test(String(error));
}
