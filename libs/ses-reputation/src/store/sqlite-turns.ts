import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntitySubscriberInterface, QueryRunner } from 'typeorm';
import { StoreUnavailableError } from '../errors.js';
import { forgetTransaction, isHalfEnded, saysNoTransaction } from './lost-transaction.js';

const HOST_TRANSACTION_MS = 10_000;
/** Within a turn of ours, where all else waits meanwhile. */
const NESTED_MS = 1_000;
/** So many looks, 2 ms apart: between TypeORM's mark and its BEGIN there is no transaction either. */
const LOST_AFTER_LOOKS = 100;
const turnsOf = new WeakMap<DataSource, SqliteTurns>();

/** The turns within which something runs. One for all data sources, since each that is in use makes promises dearer. */
const around = new AsyncLocalStorage<readonly object[]>();
let turnsRunning = 0;

async function within<T>(turn: object, work: () => Promise<T>): Promise<T> {
  turnsRunning++;
  try {
    return await around.run([...(around.getStore() ?? []), turn], work);
  } finally {
    // While it is enabled an `await` of the whole process takes three times as long (Node 20).
    if (--turnsRunning === 0) around.disable();
  }
}

/**
 * On SQLite a TypeORM data source has one connection. A transaction begun while another is open becomes a
 * savepoint of it, so that a rollback of the host would take back feedback that was acknowledged, and one of ours
 * would take back what the host wrote. So they take turns: ours wait for each other and for the host's, and the
 * host's wait for ours.
 */
export class SqliteTurns implements EntitySubscriberInterface {
  private last: Promise<unknown> = Promise.resolve();
  private running: Promise<unknown> | null = null;
  /** The one that runs. */
  private turn: object | null = null;
  /** A transaction of the host is on TypeORM's books, and its BEGIN is still to come. */
  private isHostBeginning = false;

  private constructor(private readonly dataSource: DataSource) {
    dataSource.subscribers.push(this);
  }

  static of(dataSource: DataSource): SqliteTurns {
    const turns = turnsOf.get(dataSource) ?? new SqliteTurns(dataSource);
    turnsOf.set(dataSource, turns);
    return turns;
  }

  /** @throws StoreUnavailableError if a transaction of the host does not end within 10 s */
  take<T>(work: () => Promise<T>): Promise<T> {
    // A subscriber of the host, which our commit waits for: it would wait for ever behind it.
    if (this.isInTurn) return this.takeNested(work);
    // From the call, so that waits in a queue don't add up.
    const patientUntil = Date.now() + HOST_TRANSACTION_MS;
    const mine = this.last.then(async () => {
      await this.transactionEnded(patientUntil);
      // Nothing is awaited between that check and the start of the transaction.
      this.turn = {};
      const result = within(this.turn, () => this.healing(work));
      this.running = result.catch(() => undefined);
      try {
        return await result;
      } finally {
        this.running = this.turn = null;
      }
    });
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /** Called by TypeORM before each transaction of the data source. */
  async beforeTransactionStart({ queryRunner }: { queryRunner: QueryRunner }): Promise<void> {
    if (this.isInTurn) return;
    while (this.running) await this.running;
    // After one that was lost TypeORM would set a savepoint without a transaction, which nothing commits.
    if (saysNoTransaction(this.dataSource)) forgetTransaction(queryRunner);
    // Our commit has taken the mark back that TypeORM set before it called us.
    (queryRunner as { isTransactionActive: boolean }).isTransactionActive = true;
    this.isHostBeginning = true;
  }

  /** Called by TypeORM after each BEGIN. */
  afterTransactionStart(): void {
    this.isHostBeginning = false;
  }

  private get isInTurn(): boolean {
    return this.turn !== null && (around.getStore()?.includes(this.turn) ?? false);
  }

  /** Once the transaction of ours has ended that it comes from. */
  private async takeNested<T>(work: () => Promise<T>): Promise<T> {
    const patientUntil = Date.now() + NESTED_MS;
    const runner = this.dataSource.createQueryRunner();
    do await this.transactionEnded(patientUntil);
    while (runner.isTransactionActive);
    return this.healing(work);
  }

  /** Runs one transaction of ours, and leaves none on TypeORM's books when SQLite itself has ended it. */
  private async healing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const runner = this.dataSource.createQueryRunner();
      if (runner.isTransactionActive) {
        // Of a driver that does not tell: either this ends the transaction, or there is none.
        if (!saysNoTransaction(this.dataSource)) await runner.query('ROLLBACK').catch(() => undefined);
        forgetTransaction(runner);
      }
      throw error;
    }
  }

  private async transactionEnded(until: number): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    for (let lost = 0; runner.isTransactionActive || isHalfEnded(runner); await sleep(2)) {
      lost = saysNoTransaction(this.dataSource) && !this.isHostBeginning ? lost + 1 : 0;
      if (lost === LOST_AFTER_LOOKS) return forgetTransaction(runner);
      if (Date.now() <= until) continue;
      if (runner.isTransactionActive) {
        throw new StoreUnavailableError(
          'a transaction of the application has held SQLite for too long: keep it short, call this module outside ' +
            "it, and not from TypeORM's subscribers within one",
        );
      }
      await runner.query('ROLLBACK').catch(() => undefined);
      return forgetTransaction(runner);
    }
  }
}
