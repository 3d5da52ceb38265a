import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { StoreUnavailableError } from '../errors.js';
import { isConflict, isNestedTransaction } from './driver-errors.js';
import { SES_DATA_SOURCE } from './tokens.js';

export type Dialect = 'sqlite' | 'postgres' | 'mysql';

const ATTEMPTS = 8;
const SQLITE_WAIT_MS = 10_000;

/** All writing goes through here: one transaction at a time on SQLite, repeated on a conflict elsewhere. */
@Injectable()
export class Store {
  /** SQLite has one connection for each data source, so that even two modules on it must take turns. */
  private static readonly turns = new WeakMap<DataSource, Promise<unknown>>();

  constructor(@Inject(SES_DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** For reading outside a transaction. */
  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  get dialect(): Dialect {
    const { type } = this.dataSource.options;
    if (type === 'postgres' || type === 'cockroachdb' || type === 'aurora-postgres') return 'postgres';
    return type === 'mysql' || type === 'mariadb' || type === 'aurora-mysql' ? 'mysql' : 'sqlite';
  }

  /**
   * Runs `work` in a transaction of its own. `work` may run several times (deadlock, or a key that another
   * instance inserted first): it must do nothing but database work on the manager it is given.
   *
   * @throws StoreUnavailableError with the driver's error as `cause`
   */
  async transaction<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.dialect === 'sqlite' ? this.inTurn(() => this.attempt(work)) : this.attempt(work);
  }

  private async attempt<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (this.dialect === 'sqlite') await this.hostTransactionEnded();
        return await this.dataSource.transaction(work);
      } catch (error) {
        if (error instanceof StoreUnavailableError) throw error;
        if (attempt < ATTEMPTS && (isConflict(error) || isNestedTransaction(error))) {
          await sleep(Math.random() * 5 * 2 ** attempt);
          continue;
        }
        throw new StoreUnavailableError(`the database did not take the change: ${String(error)}`, {
          cause: error,
        });
      }
    }
  }

  /**
   * On SQLite a transaction of the host would take ours in as a savepoint, and its rollback would take back
   * feedback that was acknowledged. So ours begins only when none is open.
   */
  private async hostTransactionEnded(): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    for (const end = Date.now() + SQLITE_WAIT_MS; runner.isTransactionActive; await sleep(2)) {
      if (Date.now() > end) {
        throw new StoreUnavailableError(
          'a transaction of the application has held SQLite for 10 s; keep them short',
        );
      }
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = Store.turns.get(this.dataSource) ?? Promise.resolve();
    const mine = before.then(work);
    Store.turns.set(
      this.dataSource,
      mine.catch(() => undefined),
    );
    return mine;
  }
}
