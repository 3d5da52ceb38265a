import type { TableColumnOptions } from 'typeorm';

/** A column, and whether its text is always ASCII. */
export type Column = TableColumnOptions & { isAscii?: boolean };

type Extra = Pick<Column, 'isPrimary' | 'default'>;

export function varchar(name: string, length: number, extra: Extra = {}): Column {
  return { name, type: 'varchar', length: String(length), ...extra };
}

/** A look-up key or a hash. */
export function ascii(name: string, length: number, extra: Extra = {}): Column {
  return { ...varchar(name, length, extra), isAscii: true };
}

export function text(name: string): Column {
  return { name, type: 'text' };
}

export function int(name: string, extra: Extra = {}): Column {
  return { name, type: 'int', ...extra };
}

/** A time, in milliseconds since the epoch. */
export function millis(name: string, extra: Extra = {}): Column {
  return { name, type: 'bigint', ...extra };
}

export function nullable(column: Column): Column {
  return { ...column, isNullable: true };
}
