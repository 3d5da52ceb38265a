import type { EntityManager } from 'typeorm';
import { selectRows } from '../store/select-rows.js';
import { SuppressedAddress } from './suppressed-address.entity.js';

const COLUMNS = ['key', 'scope', 'reason', 'since', 'expiresAt'] as const;

/** What decides whether mail may go. */
export type FoundSuppression = Pick<SuppressedAddress, (typeof COLUMNS)[number]>;

/**
 * The rows of these keys, expired ones too, in every scope: by the primary key, in one statement whose text stays
 * the same. TypeORM's `find` takes longer to build and to read than the database to answer.
 */
export async function findByKey(
  manager: EntityManager,
  keys: readonly string[],
): Promise<FoundSuppression[]> {
  if (keys.length === 0) return [];
  return selectRows(manager, SuppressedAddress, { columns: COLUMNS, in: { property: 'key', values: keys } });
}
