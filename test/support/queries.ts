import type { DataSource, Logger } from 'typeorm';

export interface SeenQuery {
  text: string;
  values: unknown[];
}

const ignore = () => undefined;

/** The statements that a data source runs for `work`. */
export async function queriesOf(dataSource: DataSource, work: () => Promise<unknown>): Promise<SeenQuery[]> {
  const before = dataSource.logger;
  const seen: SeenQuery[] = [];

  const logger: Logger = {
    logQuery: (text, values = []) => void seen.push({ text, values: values as unknown[] }),
    logQueryError: ignore,
    logQuerySlow: ignore,
    logSchemaBuild: ignore,
    logMigration: ignore,
    log: ignore,
  };
  Object.assign(dataSource, { logger });
  try {
    await work();
  } finally {
    Object.assign(dataSource, { logger: before });
  }
  return seen;
}
