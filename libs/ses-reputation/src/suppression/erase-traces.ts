import { setImmediate as nextTurn } from 'node:timers/promises';
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
 * A page at a time, outside a transaction, and with a turn for the application after each row, since rows hold
 * what strangers have sent; done again, it takes up what was left.
 */
export async function eraseMentions(store: Store, spec: AddrSpec): Promise<void> {
  const trace = { pattern: tracePattern(spec), probe: traceProbe(spec) };
  for (const entity of SES_REPUTATION_ENTITIES as EntityTarget<ObjectLiteral>[]) {
    const { columns, primaryColumns } = store.manager.getRepository(entity).metadata;
    const texts = columns.filter(
      (column) => !column.isPrimary && isText(column) && column.propertyName !== 'key',
    );
    if (texts.length === 0) continue;
    const table = { entity, texts, ids: primaryColumns.map(({ propertyName }) => propertyName) };
    let rows: ObjectLiteral[] = [];
    do {
      rows = await store.read((manager) => pageOf(manager, table, trace.probe, rows.at(-1)));
      for (const row of rows) {
        if (changesOf(row, table, trace.pattern)) await eraseFrom(store, table, row, trace.pattern);
        await nextTurn();
      }
    } while (rows.length === PAGE);
  }
}

interface Table {
  entity: EntityTarget<ObjectLiteral>;
  texts: ColumnMetadata[];
  ids: string[];
}

function pageOf(
  manager: EntityManager,
  { entity, texts, ids }: Table,
  probe: string | null,
  after: ObjectLiteral | undefined,
): Promise<ObjectLiteral[]> {
  const query = manager.createQueryBuilder(entity, 't').limit(PAGE);
  query.select([...ids, ...texts.map(({ propertyName }) => propertyName)].map((name) => `t.${name}`));
  for (const id of ids) query.addOrderBy(`t.${id}`);
  if (probe !== null) {
    const likes = texts.map(({ propertyName }) => `LOWER(t.${propertyName}) LIKE :probe ESCAPE '!'`);
    query.andWhere(`(${likes.join(' OR ')})`, { probe: containing(probe) });
  }
  if (after !== undefined) {
    const names = ids.map((id) => `t.${id}`).join(', ');
    query.andWhere(`(${names}) > (${ids.map((id) => `:${id}`).join(', ')})`, idOf(after, ids));
  }
  return query.getMany();
}

/** Reads the row again: somebody may have changed it since, and only what it names of the address may go. */
async function eraseFrom(store: Store, table: Table, row: ObjectLiteral, pattern: RegExp): Promise<void> {
  const { entity, ids } = table;
  await store.transaction(async (tx) => {
    const now = await tx.findOneBy(entity, idOf(row, ids));
    const changes = now && changesOf(now, table, pattern);
    if (changes) await tx.update(entity, idOf(row, ids), changes);
  });
}

function changesOf(row: ObjectLiteral, { texts }: Table, pattern: RegExp): ObjectLiteral | null {
  const changes: ObjectLiteral = {};
  for (const { propertyName, length } of texts) {
    const text: unknown = row[propertyName];
    if (typeof text !== 'string') continue;
    const erased = text.replace(pattern, ERASED);
    if (erased !== text) changes[propertyName] = length ? fitText(erased, Number(length)) : erased;
  }
  return Object.keys(changes).length > 0 ? changes : null;
}

function idOf(row: ObjectLiteral, ids: string[]): ObjectLiteral {
  return Object.fromEntries(ids.map((id) => [id, row[id]]));
}

function isText({ type }: ColumnMetadata): boolean {
  return type === 'varchar' || type === 'text';
}
