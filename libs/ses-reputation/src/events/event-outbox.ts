import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Insertion } from '../store/insert-rows.js';
import { Store } from '../store/store.js';
import { EventDispatcher } from './event-dispatcher.js';
import { OutboxTable } from './outbox-table.js';
import { SesEventBus } from './ses-event-bus.js';
import type { PendingEvent } from './ses-events.js';

/**
 * Collects what a transaction brings about, to be told once it is committed; and rows that it leaves to be inserted with
 * that, with one statement where the database can do that.
 */
export type Raise = (events: readonly PendingEvent[], insertions?: readonly Insertion[]) => void;

/** The one way to change the database and tell of it. */
@Injectable()
export class EventOutbox {
  constructor(
    private readonly store: Store,
    private readonly table: OutboxTable,
    private readonly dispatcher: EventDispatcher,
    private readonly bus: SesEventBus,
  ) {}

  /**
   * Runs `work` as {@link Store.transaction} does, and stores its events with what it has changed. They are
   * delivered after the commit, by the instance that leads; those that must not be stored by this one.
   *
   * @throws StoreUnavailableError with the driver's error as `cause`; nothing is raised
   */
  async commit<T>(work: (tx: EntityManager, raise: Raise) => Promise<T>): Promise<T> {
    let raised: PendingEvent[] = [];
    let stored: PendingEvent[] = [];
    const result = await this.store.transaction(async (tx) => {
      raised = [];
      const insertions: Insertion[] = [];
      const result = await work(tx, (events, more = []) => {
        raised.push(...events);
        insertions.push(...more);
      });
      stored = raised.filter(({ unstored, name }) => !unstored && this.dispatcher.wants(name));
      await this.table.insert(tx, stored, insertions);
      return result;
    });
    this.bus.emitAll(raised.filter(({ unstored }) => unstored));
    if (stored.length > 0) this.dispatcher.wake();
    return result;
  }
}
