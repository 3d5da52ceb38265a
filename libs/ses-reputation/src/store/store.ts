import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { SesReputationError, StoreUnavailableError } from '../errors.js';
import { isConflict } from './driver-errors.js';
import { StaleStatementError } from './prepared.js';
import { SqliteTurns } from './sqlite-turns.js';
import { SES_DATA_SOURCE } from './tokens.js';

export type Dialect = 'sqlite' | 'postgres' | 'mysql';

const DIALECTS: Record<string, Dialect> = {
  'better-sqlite3': 'sqlite',
  sqlite: 'sqlite',
  sqljs: 'sqlite',
  postgres: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
};

/** TypeORM's names of the databases that this module works on. */
export const KNOWN_DATABASES: readonly string[] = Object.keys(DIALECTS);

const ATTEMPTS = 8;

/** All writing goes through here: one transaction at a time on SQLite, repeated on a conflict elsewhere. */
@Injectable()
export class Store {
  constructor(@Inject(SES_DATA_SOURCE) protected readonly dataSource: DataSource) {
    // From the start, so that the host's transactions know of ours.
    if (this.dialect === 'sqlite') SqliteTurns.of(dataSource);
  }

  /** For reading outside a transaction. */
  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  get dialect(): Dialect {
    return DIALECTS[this.dataSource.options.type] ?? 'sqlite';
  }

  /**
   * Reads outside a transaction.
   *
   * @throws StoreUnavailableError with the driver's error as `cause`
   */
  async read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.readOnce(work);
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      throw new StoreUnavailableError(`the database could not be read: ${String(error)}`, { cause: error });
    }
  }

  /**
   * Runs `work` in a transaction of its own. `work` may run several times (deadlock, or a key that another
   * instance inserted first): it must do nothing but database work on the manager it is given.
   *
   * @throws StoreUnavailableError with the driver's error as `cause`; an error of this package that `work` throws
   */
  async transaction<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(work);
      } catch (error) {
        if (error instanceof SesReputationError) throw error;
        if (attempt === ATTEMPTS || !(isConflict(error) || error instanceof StaleStatementError)) {
          throw new StoreUnavailableError(`the database did not take the change: ${String(error)}`, {
            cause: error,
          });
        }
        await sleep(Math.random() * 5 * 2 ** attempt);
      }
    }
  }

  protected readOnce<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return work(this.manager);
  }

  protected once<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const run = () => this.begin(work);
    return this.dialect === 'sqlite' ? SqliteTurns.of(this.dataSource).take(run) : run();
  }

  protected begin<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }
}
