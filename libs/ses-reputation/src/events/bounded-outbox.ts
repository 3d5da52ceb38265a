import { Injectable } from '@nestjs/common';
import { BackgroundStore } from '../store/background-store.js';
import { BoundedStore } from '../store/bounded-store.js';
import { EventDispatcher } from './event-dispatcher.js';
import { EventOutbox } from './event-outbox.js';
import { OutboxTable } from './outbox-table.js';
import { SesEventBus } from './ses-event-bus.js';

/** An outbox that waits for the database as {@link BoundedStore} does. */
@Injectable()
export class BoundedOutbox extends EventOutbox {
  // oxlint-disable-next-line no-useless-constructor -- by its types Nest knows which store it gets
  constructor(store: BoundedStore, table: OutboxTable, dispatcher: EventDispatcher, bus: SesEventBus) {
    super(store, table, dispatcher, bus);
  }
}

/** An outbox that waits for the database as {@link BackgroundStore} does. */
@Injectable()
export class BackgroundOutbox extends EventOutbox {
  // oxlint-disable-next-line no-useless-constructor -- by its types Nest knows which store it gets
  constructor(store: BackgroundStore, table: OutboxTable, dispatcher: EventDispatcher, bus: SesEventBus) {
    super(store, table, dispatcher, bus);
  }
}
