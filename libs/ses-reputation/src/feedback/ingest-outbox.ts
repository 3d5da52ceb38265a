import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EventDispatcher } from '../events/event-dispatcher.js';
import { EventOutbox } from '../events/event-outbox.js';
import { OutboxTable } from '../events/outbox-table.js';
import { SesEventBus } from '../events/ses-event-bus.js';
import { BoundedStore } from '../store/bounded-store.js';
import { Slots } from '../store/slots.js';
import { SES_DATA_SOURCE } from '../store/tokens.js';

/** A commit that takes longer has lost its connection: all feedback waits behind it. */
const LIMITS = { questionMs: 30_000, open: 1 };

/** The outbox of the ingest, which has one commit at a time: its connection is cut if it hangs. */
@Injectable()
export class IngestOutbox extends EventOutbox {
  constructor(
    @Inject(SES_DATA_SOURCE) dataSource: DataSource,
    table: OutboxTable,
    dispatcher: EventDispatcher,
    bus: SesEventBus,
  ) {
    super(new BoundedStore(dataSource, LIMITS, new Slots(LIMITS.open)), table, dispatcher, bus);
  }
}
