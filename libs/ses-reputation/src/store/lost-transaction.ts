import type { DataSource, QueryRunner } from 'typeorm';

/**
 * On a full disk, an I/O error or want of memory SQLite rolls a transaction back by itself. TypeORM's ROLLBACK
 * fails then, and its one query runner is left with a transaction on its books that nothing will ever end.
 *
 * @returns `false` also if the driver does not tell: better-sqlite3 does
 */
export function saysNoTransaction({ driver }: DataSource): boolean {
  const { databaseConnection } = driver as {
    databaseConnection?: { open?: boolean; inTransaction?: boolean };
  };
  return databaseConnection?.open === true && databaseConnection.inTransaction === false;
}

/** Takes a transaction that is no more off TypeORM's books. */
export function forgetTransaction(runner: QueryRunner): void {
  Object.assign(runner, { isTransactionActive: false, transactionDepth: 0 });
}

/**
 * A subscriber that throws as a nested transaction begins makes TypeORM forget the one around it, which it then can
 * neither commit nor roll back: what comes next would be a savepoint of it, which nothing ever commits.
 */
export function isHalfEnded(runner: QueryRunner): boolean {
  const { isTransactionActive, transactionDepth } = runner as unknown as {
    isTransactionActive: boolean;
    transactionDepth?: number;
  };
  return !isTransactionActive && (transactionDepth ?? 0) > 0;
}
