import type { DataSource } from 'typeorm';
import type { DatabaseName } from './databases.js';

/** A table of this package. */
export interface TableSize {
  table: string;
  rows: number;
  /** Bytes. On MariaDB the primary key is part of the table. */
  data: number;
  /** Bytes. */
  indexes: number;
}

/** What the tables of this package weigh on disk, after the database has cleaned up. */
export async function sizesOf(dataSource: DataSource, database: DatabaseName): Promise<TableSize[]> {
  const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName).toSorted();
  const sizes: TableSize[] = [];
  for (const table of tables) {
    const [counted] = await dataSource.query(`SELECT COUNT(*) AS n FROM ${table}`);
    sizes.push({ table, rows: Number(counted.n), ...(await BYTES[database](dataSource, table)) });
  }
  return sizes;
}

type Bytes = Pick<TableSize, 'data' | 'indexes'>;

const BYTES: Record<DatabaseName, (dataSource: DataSource, table: string) => Promise<Bytes>> = {
  async SQLite(dataSource, table) {
    const rows: { name: string; bytes: number }[] = await dataSource.query(
      `SELECT name, SUM(pgsize) AS bytes FROM dbstat WHERE name = '${table}' OR name IN ` +
        `(SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = '${table}') GROUP BY name`,
    );
    const sum = (of: typeof rows) => of.reduce((total, { bytes }) => total + Number(bytes), 0);
    return {
      data: sum(rows.filter(({ name }) => name === table)),
      indexes: sum(rows.filter(({ name }) => name !== table)),
    };
  },
  async PostgreSQL(dataSource, table) {
    await dataSource.query(`VACUUM ANALYZE ${table}`);
    const [row] = await dataSource.query(
      `SELECT pg_table_size('${table}') AS data, pg_indexes_size('${table}') AS indexes`,
    );
    return { data: Number(row.data), indexes: Number(row.indexes) };
  },
  async MariaDB(dataSource, table) {
    await dataSource.query(`ANALYZE TABLE ${table}`);
    const [row] = await dataSource.query(
      `SELECT data_length AS d, index_length AS i FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '${table}'`,
    );
    return { data: Number(row.d), indexes: Number(row.i) };
  },
};
