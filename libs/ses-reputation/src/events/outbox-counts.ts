import type { EntityManager } from 'typeorm';
import { OutboxEvent } from './outbox-event.entity.js';

/** How the delivery of events stands. */
export interface OutboxCounts {
  /** On their way, or waiting to be tried again. */
  pending: number;
  /** Given up, until somebody tries them again or discards them. */
  dead: number;
  /** When the oldest pending one was stored. */
  oldestPendingAt: Date | null;
}

export const NO_EVENTS: OutboxCounts = { pending: 0, dead: 0, oldestPendingAt: null };

/** Counts one application's stored events, from an index. */
export async function outboxCounts(manager: EntityManager, app: string): Promise<OutboxCounts> {
  const rows = await manager
    .createQueryBuilder(OutboxEvent, 'e')
    .select('e.state', 'state')
    .addSelect('COUNT(*)', 'count')
    .addSelect('MIN(e.id)', 'first')
    .where('e.app = :app', { app })
    .groupBy('e.state')
    .getRawMany<{ state: string; count: string | number; first: string }>();
  const of = (state: OutboxEvent['state']) => rows.find((row) => row.state === state);
  const id = of('pending')?.first;
  const oldest = id === undefined ? null : await manager.findOneBy(OutboxEvent, { id });
  return {
    pending: Number(of('pending')?.count ?? 0),
    dead: Number(of('dead')?.count ?? 0),
    oldestPendingAt: oldest?.storedAt ?? null,
  };
}
