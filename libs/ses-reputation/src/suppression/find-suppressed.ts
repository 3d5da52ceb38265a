import type { EntityManager } from 'typeorm';
import type { ListPosition } from './list-cursor.js';
import { containing, searchTerms } from './search-terms.js';
import { SuppressedAddress } from './suppressed-address.entity.js';
import type { SuppressionReason } from './suppression-reason.js';

export interface SuppressionFilter {
  reason?: SuppressionReason;
  scope?: string;
  /** Part of an address, without regard to case. */
  search?: string;
}

/** Suppressions that hold now, in order of key and scope, from behind `after`. */
export function findSuppressed(
  manager: EntityManager,
  { reason, scope, search }: SuppressionFilter,
  { after, limit, nowMs }: { after: ListPosition | null; limit: number; nowMs: number },
): Promise<SuppressedAddress[]> {
  const query = manager
    .createQueryBuilder(SuppressedAddress, 's')
    .where('(s.expiresAt IS NULL OR s.expiresAt > :nowMs)', { nowMs })
    .orderBy('s.key')
    .addOrderBy('s.scope')
    .limit(limit);
  if (reason !== undefined) query.andWhere('s.reason = :reason', { reason });
  if (scope !== undefined) query.andWhere('s.scope = :scope', { scope });
  if (after !== null) {
    query.andWhere('s.key >= :afterKey AND (s.key > :afterKey OR s.scope > :afterScope)', {
      afterKey: after.key,
      afterScope: after.scope,
    });
  }
  if (search !== undefined && search.trim() !== '') {
    const terms = searchTerms(search);
    const likes = terms.map((_, i) => `s.key LIKE :term${i} ESCAPE '!'`).join(' OR ');
    const patterns = Object.fromEntries(terms.map((term, i) => [`term${i}`, containing(term)]));
    // The key of an erased address is a hash, in which nobody looks for anything.
    query.andWhere(`s.address <> '' AND (${likes})`, patterns);
  }
  return query.getMany();
}
