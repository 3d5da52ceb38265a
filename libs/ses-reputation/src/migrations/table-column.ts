import type { DataSource, TableColumnOptions } from 'typeorm';
import type { Column } from './columns.js';

/**
 * A column as one kind of database needs it. MySQL compares and stores text by the server's settings unless
 * told: a Lithuanian collation takes y for i and would join two people's keys, and latin1 refuses most names. So
 * text there is compared byte by byte, and keys take one byte a character.
 */
export function tableColumn(
  { isAscii, ...column }: Column,
  driver: DataSource['driver'],
): TableColumnOptions {
  const { type } = driver.options;
  const isText = column.type === 'varchar' || column.type === 'text';
  if (!isText || !['mysql', 'mariadb', 'aurora-mysql'].includes(type)) {
    return { ...column, type: driver.normalizeType({ type: column.type }) };
  }
  const charset = isAscii ? 'ascii' : 'utf8mb4';
  return { ...column, charset, collation: `${charset}_bin` };
}
