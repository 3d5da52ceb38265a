import { describe, expect, it } from '@jest/globals';
import { hostProviders } from './host-modules.js';
import { SES_DATA_SOURCE } from './store/tokens.js';

const dataSource = (name = 'default') =>
  hostProviders({ dataSource: name, preparedStatements: true }).find(
    ({ provide }) => provide === SES_DATA_SOURCE,
  )!.useFactory;

describe('hostProviders', () => {
  it('refuses a database that the statements are not written for', () => {
    expect(() => dataSource()({ options: { type: 'mssql' } })).toThrow(
      'SesReputationModule: the data source is of type "mssql" — expected one of better-sqlite3,',
    );
  });

  it('names the data source in the line to add', () => {
    expect(() => dataSource('mail')()).toThrow(
      "add TypeOrmModule.forRoot({ ..., autoLoadEntities: true, name: 'mail' })",
    );
  });
});
