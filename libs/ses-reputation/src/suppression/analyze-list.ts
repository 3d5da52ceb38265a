import type { Store } from '../store/store.js';
import { tablePlan } from '../store/table-plan.js';
import { SuppressedAddress } from './suppressed-address.entity.js';
import { SuppressionHistory } from './suppression-history.entity.js';

/**
 * Tells PostgreSQL of what was imported, which it would notice by itself a minute later, or never. A role that may not is
 * told so by a warning of PostgreSQL's alone. MariaDB needs none, and SQLite would stop the application meanwhile.
 */
export async function analyzeList(store: Store): Promise<void> {
  if (store.dialect !== 'postgres') return;
  const tables = [SuppressedAddress, SuppressionHistory].map(
    (entity) => tablePlan(store.manager, entity).table,
  );
  // The import has succeeded, whatever becomes of this.
  await store.manager.query(`ANALYZE ${tables.join(', ')}`).catch(() => undefined);
}
