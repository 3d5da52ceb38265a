import type { EntityManager, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import type { AddrSpec } from '../address/addr-spec.js';
import { SES_REPUTATION_ENTITIES } from '../entities.js';
import { fitText } from '../store/fit-text.js';
import type { Store } from '../store/store.js';
import { containing } from './search-terms.js';
import { tracePattern, traceProbe } from './trace-pattern.js';

type ColumnMetadata = EntityMetadata['columns'][number];

const PAGE = 100;
const ERASED = '[erased]';

/** Deletes the rows that are about one address: those of every table with its look-up key. */
export async function deleteRowsOf(tx: EntityManager, key: string): Promise<void> {
  for (const entity of SES_REPUTATION_ENTITIES as EntityTarget<ObjectLiteral>[]) {
    if (tx.getRepository(entity).metadata.findColumnWithPropertyName('key')) await tx.delete(entity, { key });
  }
}

/**
 * Replaces an address wherever other rows name it: a mail to several people, a diagnostic, a note, a receipt.
 * Every text column of every table of this package is searched, so that no table added later is forgotten.
 * Page by page, so that feedback is not kept waiting; done again, it takes up what was left.
 */
export async function eraseMentions(store: Store, spec: AddrSpec): Promise<void> {
  const pattern = tracePattern(spec);
  const probe = traceProbe(spec);
  for (const entity of SES_REPUTATION_ENTITIES as EntityTarget<ObjectLiteral>[]) {
    const { columns } = store.manager.getRepository(entity).metadata;
    const texts = columns.filter(
      (column) => !column.isPrimary && isText(column) && column.propertyName !== 'key',
    );
    if (texts.length === 0) continue;
    let after: ObjectLiteral | null = null;
    do {
      const from: ObjectLiteral | null = after;
      after = await store.transaction((tx) => erasePage(tx, entity, texts, { pattern, probe, after: from }));
    } while (after !== null);
  }
}

/** Gives the row the page ended with, or `null` after the last page. */
async function erasePage(
  tx: EntityManager,
  entity: EntityTarget<ObjectLiteral>,
  texts: ColumnMetadata[],
  { pattern, probe, after }: { pattern: RegExp; probe: string | null; after: ObjectLiteral | null },
): Promise<ObjectLiteral | null> {
  const { metadata } = tx.getRepository(entity);
  const ids = metadata.primaryColumns.map(({ propertyName }) => propertyName);
  const query = tx.createQueryBuilder(entity, 't').limit(PAGE);
  query.select([...ids, ...texts.map(({ propertyName }) => propertyName)].map((name) => `t.${name}`));
  for (const id of ids) query.addOrderBy(`t.${id}`);
  if (probe !== null) {
    const likes = texts.map(({ propertyName }) => `LOWER(t.${propertyName}) LIKE :probe ESCAPE '!'`);
    query.andWhere(`(${likes.join(' OR ')})`, { probe: containing(probe) });
  }
  if (after !== null) {
    const names = ids.map((id) => `t.${id}`).join(', ');
    query.andWhere(`(${names}) > (${ids.map((id) => `:${id}`).join(', ')})`, after);
  }
  const rows = await query.getMany();
  for (const row of rows) {
    const changes: ObjectLiteral = {};
    for (const { propertyName, length } of texts) {
      const text: unknown = row[propertyName];
      if (typeof text !== 'string') continue;
      const erased = text.replace(pattern, ERASED);
      if (erased !== text) changes[propertyName] = length ? fitText(erased, Number(length)) : erased;
    }
    if (Object.keys(changes).length > 0) await tx.update(entity, idOf(row, ids), changes);
  }
  return rows.length < PAGE ? null : idOf(rows.at(-1)!, ids);
}

function idOf(row: ObjectLiteral, ids: string[]): ObjectLiteral {
  return Object.fromEntries(ids.map((id) => [id, row[id]]));
}

function isText({ type }: ColumnMetadata): boolean {
  return type === 'varchar' || type === 'text';
}
