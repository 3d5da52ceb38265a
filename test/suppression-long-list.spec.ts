import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LONGEST_READ } from '../libs/ses-reputation/src/suppression/find-suppressed.js';
import type { ListOptions } from '../libs/ses-reputation/src/suppression/suppression-options.js';
import { databaseKinds, type DatabaseKind } from './support/databases.js';
import { queriesOf } from './support/queries.js';
import { startSuppression, type SuppressionHarness } from './support/suppression-harness.js';

const ROWS = LONGEST_READ + 20_000;

const SERIES: Record<DatabaseKind['name'], string> = {
  SQLite: `(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${ROWS}) SELECT n FROM s)`,
  PostgreSQL: `(SELECT generate_series(1, ${ROWS}) AS n)`,
  MariaDB: `(SELECT seq AS n FROM seq_1_to_${ROWS})`,
};

/** `reader-<n>@mail-<n % 500>.example.com`, every tenth a complaint. */
async function fill({ dataSource }: SuppressionHarness, kind: DatabaseKind['name']): Promise<void> {
  const domain =
    kind === 'MariaDB'
      ? "CONCAT('mail-', n % 500, '.example.com')"
      : "'mail-' || (n % 500) || '.example.com'";
  const key =
    kind === 'MariaDB' ? `CONCAT('reader-', n, '@', ${domain})` : `'reader-' || n || '@' || ${domain}`;
  const columns = ['key', 'scope', 'address', 'domain', 'reason', 'since'].map((name) =>
    dataSource.driver.escape(name),
  );
  await dataSource.query(
    `INSERT INTO ses_suppressed_address (${columns.join(', ')}) SELECT ${key}, '*', ${key}, ${domain}, ` +
      `CASE WHEN n % 10 = 0 THEN 'complaint' ELSE 'hard-bounce' END, 0 FROM ${SERIES[kind]} series`,
  );
  await dataSource.query(kind === 'MariaDB' ? 'ANALYZE TABLE ses_suppressed_address' : 'ANALYZE');
}

describe.each(databaseKinds())(`a list of ${ROWS} addresses on $name`, (kind) => {
  let list: SuppressionHarness;
  beforeAll(async () => {
    list = await startSuppression(kind);
    await fill(list, kind.name);
    await list.suppression.suppress('Émile@exämple.org', { reason: 'manual', scope: 'newsletter' });
    await list.suppression.suppress('example.com@example.net', { reason: 'manual' });
  });
  afterAll(() => list.stop());

  const addresses = async (options: ListOptions) =>
    (await list.suppression.list(options)).items.map(({ address }) => address);

  /** How the database goes about the last statement that `work` makes, as one text. */
  async function planOf(work: () => Promise<unknown>): Promise<string> {
    const { text, values } = (await queriesOf(list.dataSource, work)).at(-1)!;
    const explain = kind.name === 'SQLite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
    return JSON.stringify(await list.dataSource.query(`${explain} ${text}`, values));
  }

  const FULL_SCAN = {
    SQLite: /SCAN ses_suppressed_address/,
    PostgreSQL: /Seq Scan/,
    MariaDB: /"table":"ses_suppressed_address","type":"(ALL|index)"/,
  };

  it.each([
    ['reader-101010', ['reader-101010']],
    ['READER-77777@MAIL-277.ex', ['reader-77777']],
    ['Reader <reader-5@mail-5.example.com>', ['reader-5']],
    ['émi', ['Émile']],
  ])('finds those that begin with %j', async (search, found) => {
    const locals = (await addresses({ search, limit: 3 })).map((address) => address.split('@')[0]);
    expect(locals).toEqual(found);
  });

  it.each([
    ['@mail-7.example.com', ROWS / 500],
    ['MAIL-7.Example.com', ROWS / 500],
    ['@exämple.org', 1],
    ['exämple.org', 1],
    ['@mail-7', 0],
    ['@', 0],
    ['eader', 0],
  ])('finds the addresses of the domain %j', async (search, count) => {
    expect(await addresses({ search, limit: 1_000 })).toHaveLength(count);
  });

  it('finds what may be the beginning of an address or a domain as both', async () => {
    await list.suppression.suppress('ann@example.com', { reason: 'manual' });
    expect(await addresses({ search: 'example.com' })).toEqual([
      'ann@example.com',
      'example.com@example.net',
    ]);
  });

  it('goes through all pages of a search, and gives each once', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await list.suppression.list({
        search: 'reader-10',
        reason: 'complaint',
        limit: 300,
        cursor,
      });
      seen.push(...page.items.map(({ address }) => address));
      cursor = page.next;
    } while (cursor !== null);
    // reader-10, -100, -1000 to -1090, and so on.
    expect(seen).toHaveLength(1 + 1 + 10 + 100 + 1_000);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each<ListOptions>([
    { search: 'reader-77777' },
    { search: 'reader-77777@mail-277' },
    { search: 'reader-77777', reason: 'complaint' },
    { search: '@mail-7.example.com' },
    { search: 'mail-7.example.com', reason: 'hard-bounce' },
    { search: '@mail-7.example.com', scope: '*' },
  ])('searches %j by index', async (options) => {
    const plan = await planOf(() => list.suppression.list({ ...options, limit: 50 }));
    expect(plan).not.toMatch(FULL_SCAN[kind.name]);
    expect(plan).toMatch(/ix_ses_suppressed_address_|PRIMARY|autoindex/);
  });

  it('reads a page from far inside by index', async () => {
    const { next } = await list.suppression.list({ search: '@mail-499.example.com', limit: 200 });
    const plan = await planOf(() => list.suppression.list({ cursor: next, limit: 100 }));
    expect(plan).not.toMatch(FULL_SCAN[kind.name]);
  });

  it.each([1, 50])('checks %i addresses in one statement, by index', async (count) => {
    const asked = Array.from(
      { length: count },
      (_, n) => `Reader-${n + 1}@mail-${(n + 1) % 500}.example.com`,
    );
    const check = () => list.suppression.check(asked, { stream: 'newsletter' });
    expect((await check()).size).toBe(count);
    expect(await queriesOf(list.dataSource, check)).toHaveLength(1);
    const plan = await planOf(check);
    expect(plan).not.toMatch(FULL_SCAN[kind.name]);
    expect(plan).toMatch(/PK_|ix_ses_suppressed_address_prefix|PRIMARY|autoindex/);
  });
});
