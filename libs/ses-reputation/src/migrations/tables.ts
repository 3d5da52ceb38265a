import { Table, type QueryRunner } from 'typeorm';
import type { Column } from './columns.js';
import { tableColumn } from './table-column.js';

/** A table as a migration makes it. */
export interface TableShape {
  name: string;
  columns: Column[];
  indices?: Record<string, string[]>;
}

export async function createTables(queryRunner: QueryRunner, tables: readonly TableShape[]): Promise<void> {
  for (const { name, columns, indices = {} } of tables) {
    const table = new Table({
      name: tableName(queryRunner, name),
      columns: columns.map((column) => tableColumn(column, queryRunner.connection.driver)),
      indices: Object.entries(indices).map(([index, columnNames]) => ({ name: index, columnNames })),
    });
    // A table that is there stays: MySQL can't take back what a migration did before it failed, and an
    // application may have used `synchronize` so far.
    await queryRunner.createTable(table, true);
  }
}

export async function dropTables(queryRunner: QueryRunner, tables: readonly TableShape[]): Promise<void> {
  for (const { name } of tables.toReversed()) {
    await queryRunner.dropTable(tableName(queryRunner, name), true);
  }
}

/** With the data source's `entityPrefix`, which entities have of themselves and migrations don't. */
export function tableName({ connection }: QueryRunner, name: string): string {
  const { entityPrefix } = connection.options;
  return entityPrefix ? connection.namingStrategy.prefixTableName(entityPrefix, name) : name;
}
