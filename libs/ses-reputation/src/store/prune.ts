import type { EntityTarget, SelectQueryBuilder } from 'typeorm';
import { deleteWhere } from './delete-where.js';
import { withoutRest, type GiveWay } from './giving-way.js';
import type { Store } from './store.js';

/** So many rows are looked at, and deleted in one transaction: others wait for no more than that. */
export const PRUNED_AT_A_TIME = 200;

/** Which rows are past their time. */
export interface Prunable<T> {
  /** The time that an index of the table begins with, after the columns of `only`. */
  time: keyof T & string;
  /** Older than that: milliseconds since the epoch. */
  before: number;
  /** Only rows with these values. */
  only?: Partial<Record<keyof T & string, string>>;
  /** A condition on `e`: rows that stay nevertheless. */
  stays?: (query: SelectQueryBuilder<T & object>) => string;
}

/** The last row that was looked at. */
interface Position {
  at: number;
  id: string;
}

interface Row {
  id: string;
  at: string | number;
  stays: string | number;
}

/**
 * Deletes old rows, oldest first, a few at a time: found from where the last step ended, so that nothing is looked at
 * twice, not even what a database has yet to clean up; deleted by their primary key, so that no gap of an index is
 * locked that new rows go into. What is left when it ends early, the next run finds.
 *
 * @returns how many rows were deleted
 * @throws StoreUnavailableError, StoppedError
 */
export async function prune<T extends { id: string }>(
  store: Store,
  entity: EntityTarget<T>,
  which: Prunable<T>,
  giveWay: GiveWay = withoutRest,
): Promise<number> {
  let deleted = 0;
  let from: Position | null = { at: 0, id: '' };
  while (from !== null) {
    const position: Position = from;
    from = await giveWay(async () => {
      const rows = await page(store, entity, which, position);
      const ids = rows.filter(({ stays }) => Number(stays) === 0).map(({ id }) => id);
      deleted += await remove(store, entity, which, ids);
      const last = rows.at(-1);
      return last && rows.length === PRUNED_AT_A_TIME ? { at: Number(last.at), id: last.id } : null;
    });
  }
  return deleted;
}

function page<T extends { id: string }>(
  store: Store,
  entity: EntityTarget<T>,
  { time, before, only = {}, stays }: Prunable<T>,
  { at, id }: Position,
): Promise<Row[]> {
  return store.read((manager) => {
    const query = manager.createQueryBuilder(entity, 'e');
    query
      .select('e.id', 'id')
      .addSelect(`e.${time}`, 'at')
      .addSelect(stays ? `CASE WHEN ${stays(query)} THEN 1 ELSE 0 END` : '0', 'stays')
      .where(`e.${time} >= :at AND e.${time} < :before AND NOT (e.${time} = :at AND e.id <= :id)`, {
        at,
        before,
        id,
      });
    for (const [column, value] of Object.entries(only))
      query.andWhere(`e.${column} = :${column}`, { [column]: value });
    return query.orderBy(`e.${time}`).addOrderBy('e.id').limit(PRUNED_AT_A_TIME).getRawMany<Row>();
  });
}

/** Only what is still past its time: a row may have been used again since it was looked at. */
async function remove<T extends { id: string }>(
  store: Store,
  entity: EntityTarget<T>,
  { time, before, only = {} }: Prunable<T>,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const stored = { ...(only as Record<string, string>), ids, before };
  const { affected } = await store.transaction((tx) =>
    deleteWhere(
      tx,
      entity,
      (c) =>
        [
          `${c('id')} IN (:...ids)`,
          `${c(time)} < :before`,
          ...Object.keys(only).map((column) => `${c(column as keyof T & string)} = :${column}`),
        ].join(' AND '),
      stored,
    ),
  );
  return affected ?? 0;
}
