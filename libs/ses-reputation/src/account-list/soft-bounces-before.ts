import { In, type EntityManager } from 'typeorm';
import { EVERY_STREAM } from '../suppression/suppressed-address.entity.js';
import { SuppressionHistory } from '../suppression/suppression-history.entity.js';
import type { ReplacedSuppression } from './replaced-suppression.js';

/**
 * Suppressions for soft bounces that have given way to SES's list by feedback, not by a pull: only the history
 * knows of them.
 */
export async function softBouncesBefore(
  tx: EntityManager,
  keys: string[],
): Promise<Map<string, ReplacedSuppression>> {
  const found = new Map<string, ReplacedSuppression>();
  if (keys.length === 0) return found;
  const rows = await tx.find(SuppressionHistory, {
    where: { key: In(keys), scope: EVERY_STREAM },
    order: { id: 'ASC' },
  });
  for (const { key, action, reason, at, note, actor } of rows) {
    if (action !== 'added' && action !== 'changed') found.delete(key);
    else if (reason === 'soft-bounces') {
      found.set(key, { reason, since: at, expiresAt: null, note, actor });
    }
  }
  return found;
}
