import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { ascii } from './columns.js';
import { tableColumn } from './table-column.js';
import { tableName } from './tables.js';

const TABLE = 'ses_suppressed_address';
const DOMAIN_INDEX = 'ix_ses_suppressed_address_domain';
const PREFIX_INDEX = 'ix_ses_suppressed_address_prefix';

/**
 * Adds the domain of each suppressed address and what searches need: an index of it, and on PostgreSQL one that
 * finds addresses by how they begin. Writes every row of the list: some time for many millions.
 */
export class AddSuppressionDomain1795658400000 implements MigrationInterface {
  readonly name = 'AddSuppressionDomain1795658400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { driver } = queryRunner.connection;
    const name = tableName(queryRunner, TABLE);
    const table = (await queryRunner.getTable(name))!;
    const has = (index: string) => table.indices.some(({ name }) => name === index);
    // An application may have used `synchronize` so far.
    if (!table.findColumnByName('domain')) {
      const column = tableColumn(ascii('domain', 255, { default: "''" }), driver);
      await queryRunner.addColumn(table, new TableColumn(column));
    }
    await queryRunner.query(
      `UPDATE ${escaped(queryRunner, table.name)} SET ${driver.escape('domain')} = ${domainOf(queryRunner)} ` +
        `WHERE ${driver.escape('key')} LIKE '%@%'`,
    );
    if (!has(DOMAIN_INDEX)) {
      await queryRunner.createIndex(
        table,
        new TableIndex({ name: DOMAIN_INDEX, columnNames: ['domain', 'key'] }),
      );
    }
    if (driver.options.type === 'postgres' && !has(PREFIX_INDEX)) {
      await queryRunner.query(
        `CREATE INDEX "${PREFIX_INDEX}" ON ${escaped(queryRunner, table.name)} ("key" varchar_pattern_ops)`,
      );
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const name = tableName(queryRunner, TABLE);
    if (queryRunner.connection.driver.options.type === 'postgres') {
      const { schema } = queryRunner.connection.driver;
      const prefix = schema ? `"${schema}".` : '';
      await queryRunner.query(`DROP INDEX IF EXISTS ${prefix}"${PREFIX_INDEX}"`);
    }
    await queryRunner.dropIndex(name, DOMAIN_INDEX);
    await queryRunner.dropColumn(name, 'domain');
  }
}

/** What follows the last `@`: there may be others between quotes. */
function domainOf({ connection: { driver } }: QueryRunner): string {
  const key = driver.escape('key');
  switch (driver.options.type) {
    case 'postgres':
      return `substring(${key} from '[^@]*$')`;
    case 'mysql':
    case 'mariadb':
      return `SUBSTRING_INDEX(${key}, '@', -1)`;
    default:
      return `substr(${key}, length(rtrim(${key}, replace(${key}, '@', ''))) + 1)`;
  }
}

function escaped({ connection: { driver } }: QueryRunner, path: string): string {
  return path
    .split('.')
    .map((part) => driver.escape(part))
    .join('.');
}
