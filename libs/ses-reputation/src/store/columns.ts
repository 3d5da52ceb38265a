import type { ValueTransformer } from 'typeorm';

/**
 * Times are kept as milliseconds since the epoch in a bigint: exact on every database, no time zone to get
 * wrong. PostgreSQL and MySQL drivers hand a bigint back as a string, SQLite as a number.
 */
export const epochMillis: ValueTransformer = {
  to: (value: Date | null | undefined) => (value instanceof Date ? value.getTime() : value),
  from: (value: string | number | null) => (value === null ? null : new Date(Number(value))),
};
