import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import { arrayLiteral } from './array-literal.js';

/** A table and its columns as a data source names them (schema, prefix, naming strategy), escaped. */
export interface TableNames<T> {
  table: string;
  column(property: keyof T & string): string;
}

export function tableNames<T extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<T>,
): TableNames<T> {
  const { driver } = manager.connection;
  const metadata = manager.connection.getMetadata(entity);
  const parts = metadata.tablePath.split('.').map((part) => driver.escape(part));
  return {
    table: parts.join('.'),
    column: (property) => driver.escape(metadata.findColumnWithPropertyName(property)!.databaseName),
  };
}

/** A query that TypeORM's builder can't express. Write its values in the order of the text. */
export class RawSql {
  private readonly values: (string | number)[] = [];

  constructor(private readonly manager: EntityManager) {}

  /** Hands a value over apart from the text. */
  value(value: string | number): string {
    this.values.push(value);
    return this.manager.connection.options.type === 'postgres' ? `$${this.values.length}` : '?';
  }

  /** PostgreSQL only: many values as one. */
  array(values: readonly string[]): string {
    this.values.push(arrayLiteral(values));
    return `$${this.values.length}`;
  }

  /** Whether a column has one of these values; one text for any number of them where the database has arrays. */
  among(column: string, values: readonly string[], { not = false } = {}): string {
    if (this.manager.connection.options.type !== 'postgres')
      return `${column} ${not ? 'NOT ' : ''}IN (${this.list(values)})`;
    return `${column} ${not ? '<> ALL' : '= ANY'} (${this.array(values)}::varchar[])`;
  }

  list(values: readonly (string | number)[]): string {
    return values.map((value) => this.value(value)).join(', ');
  }

  /** Numbers come as numbers or as texts, depending on the driver. */
  rows<T>(text: string): Promise<T[]> {
    return this.manager.query(text, this.values);
  }
}
