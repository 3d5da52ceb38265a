import type { EntityManager, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';

/** One column as statements written by hand need it. */
export interface PlannedColumn {
  property: string;
  /** Escaped. */
  name: string;
  /** The database's own name of its type, without a length. */
  type: string;
  toStored(value: unknown): unknown;
  fromStored(value: unknown): unknown;
}

export interface TablePlan {
  /** Escaped, with its schema. */
  table: string;
  columns: readonly PlannedColumn[];
  column(property: string): PlannedColumn;
}

interface Transformer {
  to(value: unknown): unknown;
  from(value: unknown): unknown;
}

const plans = new WeakMap<EntityMetadata, TablePlan>();

/** A table and its columns as a data source names them (schema, prefix, naming strategy). Made once. */
export function tablePlan<T extends ObjectLiteral>(
  { connection }: EntityManager,
  entity: EntityTarget<T>,
): TablePlan {
  const metadata = connection.getMetadata(entity);
  const found = plans.get(metadata);
  if (found) return found;
  const { driver } = connection;
  const columns = metadata.columns.map((column): PlannedColumn => {
    return {
      property: column.propertyName,
      name: driver.escape(column.databaseName),
      type: driver.normalizeType(column),
      ...conversion([column.transformer ?? []].flat() as Transformer[]),
    };
  });
  const byProperty = new Map(columns.map((column) => [column.property, column]));
  const plan: TablePlan = {
    table: metadata.tablePath
      .split('.')
      .map((part) => driver.escape(part))
      .join('.'),
    columns,
    column: (property) => byProperty.get(property)!,
  };
  plans.set(metadata, plan);
  return plan;
}

/** What a hand-written SELECT names, for {@link rowsOf}. */
export function selectList(columns: readonly PlannedColumn[]): string {
  return columns.map(({ name }, n) => `${name} AS c${n}`).join(', ');
}

/** The values of such rows by property, as entities have them. */
export function rowsOf<T>(columns: readonly PlannedColumn[], rows: readonly Record<string, unknown>[]): T[] {
  return rows.map(
    (row) =>
      Object.fromEntries(
        columns.map(({ property, fromStored }, n) => [property, fromStored(row[`c${n}`])]),
      ) as T,
  );
}

/** Most columns have no transformer: rows by the hundred are not to look for one. */
function conversion(transformers: readonly Transformer[]): Pick<PlannedColumn, 'toStored' | 'fromStored'> {
  if (transformers.length === 0) return { toStored: (value) => value ?? null, fromStored: (value) => value };
  return {
    toStored: (value) => transformers.reduce((v, { to }) => to(v), value) ?? null,
    fromStored: (value) => transformers.reduceRight((v, { from }) => from(v), value),
  };
}
