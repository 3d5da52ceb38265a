import type { DataSource } from 'typeorm';
import { getDataSourceToken } from '@nestjs/typeorm';
import { SuppressedAddress, SuppressionService } from '../libs/ses-reputation/src/index.js';
import type { Compare } from './harness/compare.js';
import { perSecond } from './harness/timing.js';
import { startHost } from './support/app.js';
import { list } from './support/bounces.js';
import { databaseKinds, type DatabaseKind } from './support/databases.js';

const ROWS = 100_000;
/** Checks of a round, so that one takes long enough to be measured. */
const CHECKS = { 1: 3_000, 50: 500 };

/** Which of the addresses are suppressed; half of those that are asked for are. */
export async function check(
  compare: Compare,
  _tell: unknown,
  { rows = ROWS }: { rows?: number } = {},
): Promise<void> {
  for (const kind of await databaseKinds()) {
    const database = await kind.create();
    const host = await startHost(database.options);
    const suppression = host.get(SuppressionService);
    const dataSource = host.get<DataSource>(getDataSourceToken() as never);
    await fill(dataSource, kind.name, rows);
    const repository = dataSource.getRepository(SuppressedAddress);
    for (const count of [1, 50] as const) {
      const statement = rawQuery(kind.name, count);
      await compare({
        title: `check: ${count} of ${rows.toLocaleString('en-US')} suppressed addresses on ${kind.name}`,
        unit: 'checks/s',
        better: 'more',
        contenders: [
          {
            name: 'nestjs-ses-reputation',
            role: 'ours',
            measure: () => perSecond(questions(count, rows), 1, (addresses) => suppression.check(addresses)),
          },
          {
            name: 'one repository.findOneBy() an address',
            role: 'peer',
            measure: () =>
              perSecond(questions(count, rows), 1, async (addresses) => {
                for (const key of addresses) await repository.findOneBy({ key, scope: '*' });
              }),
          },
          {
            name: 'one raw query',
            role: 'limit',
            measure: () =>
              perSecond(questions(count, rows), 1, (addresses) =>
                dataSource.query(statement, [...addresses, '*']),
              ),
          },
        ],
      });
    }
    await host.close();
    await database.drop();
  }
}

export function rawQuery(database: DatabaseKind['name'], count: number): string {
  const place = (n: number): string => (database === 'SQLite' ? '?' : `$${n}`);
  const places = list(count, (index) => place(index + 1));
  return (
    'SELECT "key", "scope", "reason", "since", "expires_at" FROM "ses_suppressed_address" ' +
    `WHERE "key" IN (${places.join(', ')}) AND "scope" = ${place(count + 1)}`
  );
}

/** Every second address up to twice the number of rows is suppressed. */
export function questions(count: keyof typeof CHECKS, rows: number): string[][] {
  return list(CHECKS[count], () => list(count, () => address(Math.floor(Math.random() * 2 * rows))));
}

function address(n: number): string {
  return `reader-${n}@mail-${n % 500}.example.com`;
}

/** By the database itself, so that ten million take a minute or two. */
export async function fill(
  dataSource: DataSource,
  database: DatabaseKind['name'],
  rows: number,
): Promise<void> {
  const series = {
    SQLite: `(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 2 FROM s WHERE n < ${2 * rows - 2}) SELECT n FROM s)`,
    PostgreSQL: `(SELECT generate_series(0, ${2 * rows - 2}, 2) AS n)`,
  };
  const domain = "'mail-' || (n % 500) || '.example.com'";
  const key = `'reader-' || n || '@' || ${domain}`;
  await dataSource.query(
    'INSERT INTO "ses_suppressed_address" ("key", "scope", "address", "domain", "reason", "since") ' +
      `SELECT ${key}, '*', ${key}, ${domain}, 'hard-bounce', ${Date.now()} FROM ${series[database]} series`,
  );
  // As the servers' own maintenance does in time.
  await dataSource.query('ANALYZE');
}
