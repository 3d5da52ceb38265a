import type { EventEmitter2 } from '@nestjs/event-emitter';
import type { Clock } from '../../libs/ses-reputation/src/clock.js';
import { EventDispatcher } from '../../libs/ses-reputation/src/events/event-dispatcher.js';
import { EventOutbox } from '../../libs/ses-reputation/src/events/event-outbox.js';
import {
  DEFAULT_OUTBOX_LIMITS,
  type OutboxLimits,
} from '../../libs/ses-reputation/src/events/outbox-limits.js';
import { OutboxService } from '../../libs/ses-reputation/src/events/outbox.service.js';
import { OutboxTable } from '../../libs/ses-reputation/src/events/outbox-table.js';
import { SesEventBus } from '../../libs/ses-reputation/src/events/ses-event-bus.js';
import type { Leadership } from '../../libs/ses-reputation/src/leadership/leadership.js';
import type { ResolvedOptions } from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import type { Store } from '../../libs/ses-reputation/src/store/store.js';

/** For tests that are not about leading: one instance always does, or never. */
const standIn = (token: number | null) =>
  ({
    token,
    fence: async () => undefined,
    onLead: () => undefined,
    beforeGivingBack: () => undefined,
  }) as unknown as Leadership;
export const alwaysLeading = standIn(1);
export const neverLeading = standIn(null);

/** The outboxes of several instances on one database, of which the first of each app delivers. */
export class Outboxes {
  private readonly leading = new Map<string, OutboxParts>();

  constructor(
    private readonly emitter: EventEmitter2,
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  of(options: ResolvedOptions): OutboxParts {
    const leadership = this.leading.has(options.app) ? neverLeading : alwaysLeading;
    const parts = outboxParts(this.emitter, this.store, this.clock, options, { leadership });
    if (leadership === alwaysLeading) this.leading.set(options.app, parts);
    return parts;
  }

  /** Delivers all that is due. */
  async settled(): Promise<void> {
    for (const { dispatcher } of this.leading.values()) await dispatcher.drain();
  }

  async close(): Promise<void> {
    for (const { dispatcher } of this.leading.values()) await dispatcher.close();
  }
}

/** The outbox of one instance, wired as the module wires it. Nothing polls: `dispatcher.drain()` delivers. */
export interface OutboxParts {
  bus: SesEventBus;
  dispatcher: EventDispatcher;
  outbox: EventOutbox;
  service: OutboxService;
}

export function outboxParts(
  emitter: EventEmitter2,
  store: Store,
  clock: Clock,
  options: ResolvedOptions,
  {
    leadership = alwaysLeading,
    limits = {},
  }: { leadership?: Leadership; limits?: Partial<OutboxLimits> } = {},
): OutboxParts {
  const bus = new SesEventBus(emitter);
  const table = new OutboxTable(store, clock, options);
  const dispatcher = new EventDispatcher(table, leadership, clock, bus, {
    ...DEFAULT_OUTBOX_LIMITS,
    ...limits,
  });
  return {
    bus,
    dispatcher,
    outbox: new EventOutbox(store, table, dispatcher, bus),
    service: new OutboxService(store, dispatcher, clock, options),
  };
}
