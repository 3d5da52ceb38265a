import { In, type EntityManager } from 'typeorm';
import type { Dialect } from '../store/store.js';
import { GuardState } from './guard-state.entity.js';
import { fromRow, toRow, untouched, type StreamGuard } from './stream-guard.js';

/** Streams of an application. */
export interface AppStreams {
  app: string;
  streams: readonly string[];
}

/** The states of these streams; those without a row are {@link untouched}. */
export async function readGuards(
  manager: EntityManager,
  { app, streams }: AppStreams,
): Promise<Map<string, StreamGuard>> {
  if (streams.length === 0) return new Map();
  return byName(streams, await manager.findBy(GuardState, { app, stream: In([...streams]) }));
}

/**
 * The same, and nobody else changes them until the transaction ends. Of two who insert the first row of a stream one
 * meets the other's, and its transaction runs again.
 */
export async function lockGuards(
  tx: EntityManager,
  dialect: Dialect,
  { app, streams }: AppStreams,
): Promise<Map<string, StreamGuard>> {
  const found = await readGuards(tx, { app, streams });
  const existing = [...found.values()].filter(({ version }) => version > 0).map(({ stream }) => stream);
  // SQLite has one writer. On MySQL only rows that exist are locked: two who lock the same gap can't both insert.
  if (dialect === 'sqlite' || existing.length === 0) return found;
  const rows = await tx
    .createQueryBuilder(GuardState, 's')
    .setLock('pessimistic_write')
    .where('s.app = :app AND s.stream IN (:...existing)', { app, existing })
    .orderBy('s.stream')
    .getMany();
  return byName(streams, rows);
}

/** Writes the state after the one that was locked. */
export async function writeGuard(tx: EntityManager, app: string, next: StreamGuard): Promise<void> {
  const row = toRow(app, next);
  if (next.version === 1) await tx.insert(GuardState, row);
  else await tx.update(GuardState, { app, stream: next.stream }, row);
}

function byName(streams: readonly string[], rows: readonly GuardState[]): Map<string, StreamGuard> {
  // A database that takes "News" for "news" gives the row of the one for the other.
  const found = new Map(rows.map((row) => [row.stream.toLowerCase(), fromRow(row)]));
  return new Map(
    streams.map((stream) => {
      const guard = found.get(stream.toLowerCase());
      return [stream, guard ? { ...guard, stream } : untouched(stream)];
    }),
  );
}
