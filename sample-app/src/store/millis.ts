import type { ColumnOptions } from 'typeorm';

/** A time as milliseconds since the epoch: the same on every database (some drivers give a bigint as text). */
export const MILLIS: ColumnOptions = {
  type: 'bigint',
  transformer: {
    to: (value: Date | undefined) => value?.getTime(),
    from: (value: string | number) => new Date(Number(value)),
  },
};
