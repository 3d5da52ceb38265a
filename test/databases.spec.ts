import { afterEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { SES_REPUTATION_ENTITIES } from '../libs/ses-reputation/src/entities.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';

describe.each(databaseKinds())('$name', ({ create }) => {
  let database: TestDatabase;
  afterEach(() => database.drop());

  it('takes the entities by synchronize', async () => {
    database = await create();
    const dataSource = new DataSource({
      ...database.options,
      entities: SES_REPUTATION_ENTITIES,
      synchronize: true,
    });
    await dataSource.initialize();
    for (const entity of SES_REPUTATION_ENTITIES) expect(await dataSource.manager.count(entity)).toBe(0);
    await dataSource.destroy();
  });
});
