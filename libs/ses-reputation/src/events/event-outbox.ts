import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Store } from '../store/store.js';
import { SesEventBus } from './ses-event-bus.js';
import type { PendingEvent } from './ses-events.js';

/** Collects what a transaction brings about, to be told once it is committed. */
export type Raise = (events: readonly PendingEvent[]) => void;

/** The one way to change the database and tell of it. */
@Injectable()
export class EventOutbox {
  constructor(
    private readonly store: Store,
    private readonly bus: SesEventBus,
  ) {}

  /**
   * Runs `work` as {@link Store.transaction} does, and raises its events after the commit.
   *
   * @throws StoreUnavailableError with the driver's error as `cause`; nothing is raised
   */
  async commit<T>(work: (tx: EntityManager, raise: Raise) => Promise<T>): Promise<T> {
    let raised: PendingEvent[] = [];
    const result = await this.store.transaction((tx) => {
      raised = [];
      return work(tx, (events) => void raised.push(...events));
    });
    this.bus.emitAll(raised);
    return result;
  }
}
