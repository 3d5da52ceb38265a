interface DriverError {
  code?: string | number;
  errno?: number;
  message?: string;
  sqlState?: string;
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

/** SQLSTATE: wrong data, broken constraint, transaction rolled back for a deadlock, beyond a limit of the program. */
const WORK_CLASSES = new Set(['22', '23', '40', '54']);
const WORK_CODES = new Set<string | number>([
  'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD',
  'ER_NET_PACKET_TOO_LARGE',
  'SQLITE_MISMATCH',
  'SQLITE_RANGE',
  'SQLITE_TOOBIG',
]);

/**
 * Whether a transaction failed for what was written, or for the code that wrote it, rather than because the
 * database is away or locked: less or other work may succeed.
 */
export function isOfTheWork(error: unknown): boolean {
  const cause = ((error ?? {}) as DriverError).driverError ?? error;
  const { code, sqlState } = (cause ?? {}) as DriverError;
  const name = String(code ?? '');
  // PostgreSQL's code is the SQLSTATE.
  if (WORK_CLASSES.has((sqlState ?? (/^[0-9A-Z]{5}$/.test(name) ? name : '')).slice(0, 2))) return true;
  if (WORK_CODES.has(name) || name.startsWith('SQLITE_CONSTRAINT')) return true;
  // Of this package's code, or of a driver that can't write a value.
  return cause instanceof TypeError || cause instanceof RangeError;
}
