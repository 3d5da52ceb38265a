import { DataSource, type DataSourceOptions } from 'typeorm';
import { SES_REPUTATION_ENTITIES } from '../../libs/ses-reputation/src/entities.js';
import type { TestDatabase } from './databases.js';

/** An open data source on a fresh database, with this package's tables. */
export function openDataSource(
  { options }: TestDatabase,
  more: Partial<Pick<DataSourceOptions, 'entityPrefix'>> = {},
): Promise<DataSource> {
  return new DataSource({
    ...options,
    ...more,
    entities: SES_REPUTATION_ENTITIES,
    synchronize: true,
  } as DataSourceOptions).initialize();
}

/** Rows are deleted, since servers take their time over a TRUNCATE of so many small tables. */
export async function emptyTables(dataSource: DataSource): Promise<void> {
  for (const entity of SES_REPUTATION_ENTITIES) {
    await dataSource.createQueryBuilder().delete().from(entity).execute();
  }
}
