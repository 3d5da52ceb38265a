import { In, type EntityManager } from 'typeorm';
import type { Dialect } from '../store/store.js';
import { otherOf, type PlacedKind } from './dimension.js';
import { ReputationDimension } from './reputation-dimension.entity.js';

export const OWN_STREAM = 'own-stream';

const ROWS_A_STATEMENT = 500;

/**
 * Takes the lock of a kind: whoever gives or frees one of its places holds it until the end of the transaction.
 *
 * @returns how many places are taken
 */
export async function lockKind(
  tx: EntityManager,
  dialect: Dialect,
  kind: PlacedKind,
  now: number,
): Promise<number> {
  const dimension = otherOf(kind);
  const row = await tx.findOne(ReputationDimension, {
    where: { dimension },
    ...(dialect === 'sqlite' ? {} : { lock: { mode: 'pessimistic_write' } }),
  });
  if (row) return row.places;
  // Of two who insert it, the second one's transaction runs again.
  await tx.insert(ReputationDimension, { dimension, kind, places: 0, firstSeenAt: new Date(now) });
  return 0;
}

/** Call with the kind's lock. */
export async function setPlaces(tx: EntityManager, kind: PlacedKind, places: number): Promise<void> {
  await tx.update(ReputationDimension, { dimension: otherOf(kind) }, { places: Math.max(0, places) });
}

/** Call with the kind's lock, unless they take no place. */
export async function insertPlaced(
  tx: EntityManager,
  kind: PlacedKind | typeof OWN_STREAM,
  dimensions: readonly string[],
  now: number,
): Promise<void> {
  const firstSeenAt = new Date(now);
  const rows = dimensions.toSorted().map((dimension) => ({ dimension, kind, places: 0, firstSeenAt }));
  for (const part of parts(rows)) await tx.insert(ReputationDimension, part);
}

/** Those of the dimensions that are counted by themselves. */
export async function placedAmong(manager: EntityManager, dimensions: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const part of parts(dimensions)) {
    const rows = await manager.findBy(ReputationDimension, { dimension: In(part) });
    found.push(...rows.map(({ dimension }) => dimension));
  }
  return found;
}

function parts<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / ROWS_A_STATEMENT) }, (_, n) =>
    all.slice(n * ROWS_A_STATEMENT, (n + 1) * ROWS_A_STATEMENT),
  );
}
