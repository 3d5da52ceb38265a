import type { DataSource } from 'typeorm';
import { getDataSourceToken } from '@nestjs/typeorm';
import { SuppressedAddress, SuppressionService } from '../libs/ses-reputation/src/index.js';
import type { Compare } from './harness/compare.js';
import { perSecond } from './harness/timing.js';
import { startHost } from './support/app.js';
import { list } from './support/bounces.js';
import { databaseKinds } from './support/databases.js';

const ROWS = 100_000;
const ROWS_A_STATEMENT = 1_000;
/** Checks of a round, so that one takes long enough to be measured. */
const CHECKS = { 1: 3_000, 50: 200 };

/** Which of the addresses are suppressed; half of those that are asked for are. */
export async function check(compare: Compare): Promise<void> {
  for (const kind of await databaseKinds()) {
    const database = await kind.create();
    const host = await startHost(database.options);
    const suppression = host.get(SuppressionService);
    const dataSource = host.get<DataSource>(getDataSourceToken() as never);
    await fill(dataSource);
    const repository = dataSource.getRepository(SuppressedAddress);
    for (const count of [1, 50] as const) {
      const statement = rawQuery(kind.name, count);
      await compare({
        title: `check: ${count} of ${ROWS.toLocaleString('en-US')} suppressed addresses on ${kind.name}`,
        unit: 'checks/s',
        better: 'more',
        contenders: [
          {
            name: 'nestjs-ses-reputation',
            role: 'ours',
            measure: () => perSecond(questions(count), 1, (addresses) => suppression.check(addresses)),
          },
          {
            name: 'one repository.findOneBy() an address',
            role: 'peer',
            measure: () =>
              perSecond(questions(count), 1, async (addresses) => {
                for (const key of addresses) await repository.findOneBy({ key, scope: '*' });
              }),
          },
          {
            name: 'one raw query',
            role: 'limit',
            measure: () =>
              perSecond(questions(count), 1, (addresses) => dataSource.query(statement, [...addresses, '*'])),
          },
        ],
      });
    }
    await host.close();
    await database.drop();
  }
}

export function rawQuery(database: 'SQLite' | 'PostgreSQL', count: number): string {
  const place = (n: number): string => (database === 'SQLite' ? '?' : `$${n}`);
  const places = list(count, (index) => place(index + 1));
  return (
    'SELECT "key", "scope", "reason", "since", "expires_at" FROM "ses_suppressed_address" ' +
    `WHERE "key" IN (${places.join(', ')}) AND "scope" = ${place(count + 1)}`
  );
}

/** Every second address up to twice the number of rows is suppressed. */
export function questions(count: keyof typeof CHECKS): string[][] {
  return list(CHECKS[count], () => list(count, () => address(Math.floor(Math.random() * 2 * ROWS))));
}

function address(n: number): string {
  return `reader-${n}@mail-${n % 500}.example.com`;
}

export async function fill(dataSource: DataSource): Promise<void> {
  for (let from = 0; from < ROWS; from += ROWS_A_STATEMENT) {
    await dataSource.manager.insert(
      SuppressedAddress,
      list(ROWS_A_STATEMENT, (index) => ({
        key: address(2 * (from + index)),
        scope: '*',
        address: address(2 * (from + index)),
        reason: 'hard-bounce' as const,
        since: new Date(),
        expiresAt: null,
        note: null,
        actor: null,
      })),
    );
  }
  // As the servers' own maintenance does in time.
  await dataSource.query('ANALYZE');
}
