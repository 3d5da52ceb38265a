import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { getDataSourceToken } from '@nestjs/typeorm';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DataSource } from 'typeorm';
import { SuppressedAddress, SuppressionService } from '../libs/ses-reputation/src/index.js';
import { timeOrderedId } from '../libs/ses-reputation/src/store/time-ordered-id.js';
import type { Compare } from './harness/compare.js';
import { millisecondsOf } from './harness/timing.js';
import { startHost } from './support/app.js';
import { list } from './support/bounces.js';
import { databaseKinds } from './support/databases.js';

const ROWS = 200_000;
const DOMAINS = 500;
const ROWS_A_CHUNK = 500;
/** The peer is slow: it takes a part of the addresses, which flatters it, since its tables stay smaller. */
const PEER_SHARE = 10;

type Table = 'address' | 'history';

/** Puts a long list of addresses on an empty list, without an event for each, on PostgreSQL. */
export async function importList(
  compare: Compare,
  _tell: unknown,
  { rows = ROWS }: { rows?: number } = {},
): Promise<void> {
  const kind = (await databaseKinds()).find(({ name }) => name === 'PostgreSQL');
  if (!kind) return;
  const database = await kind.create();
  const host = await startHost(database.options);
  const suppression = host.get(SuppressionService);
  const dataSource = host.get<DataSource>(getDataSourceToken() as never);
  const client = new pg.Client({ connectionString: (database.options as { url: string }).url });
  await client.connect();
  const empty = () => dataSource.query('TRUNCATE ses_suppressed_address, ses_suppression_history');
  const measured = async (count: number, work: () => Promise<unknown>): Promise<number> => {
    await empty();
    await dataSource.query('CHECKPOINT');
    return (count * 1_000) / (await millisecondsOf(work));
  };
  const importing = (count: number) =>
    suppression.import(addresses(count), { reason: 'hard-bounce', events: false });

  await compare({
    title: `import: ${rows.toLocaleString('en-US')} addresses on PostgreSQL`,
    unit: 'addresses/s',
    better: 'more',
    contenders: [
      { name: 'nestjs-ses-reputation', role: 'ours', measure: () => measured(rows, () => importing(rows)) },
      {
        name: 'repository.insert() of 500 at a time, the list alone',
        role: 'peer',
        measure: () => measured(rows / PEER_SHARE, () => insertAll(dataSource, rows / PEER_SHARE)),
      },
      {
        name: 'COPY of the list and its history',
        role: 'limit',
        measure: () =>
          measured(rows, async () => {
            await copy(client, 'address', rows);
            await copy(client, 'history', rows);
          }),
      },
      {
        name: 'COPY of the list alone',
        role: 'limit',
        measure: () => measured(rows, () => copy(client, 'address', rows)),
      },
    ],
  });

  await compare({
    title: `import: highest heap at ${rows.toLocaleString('en-US')} addresses`,
    unit: 'MiB',
    better: 'less',
    contenders: [
      {
        name: 'nestjs-ses-reputation',
        role: 'ours',
        measure: () => empty().then(() => heapOf(suppression, rows)),
      },
      {
        name: 'itself at a tenth of them',
        role: 'peer',
        measure: () => empty().then(() => heapOf(suppression, rows / 10)),
      },
    ],
  });
  await client.end();
  await host.close();
  await database.drop();
}

/** What is in use after a collection, so that garbage does not count: the highest of twenty looks. */
async function heapOf(suppression: SuppressionService, count: number): Promise<number> {
  let highest = 0;
  let next = 0;
  await suppression.import(addresses(count), {
    events: false,
    onProgress({ lines }) {
      if (lines < next) return;
      next += count / 20;
      globalThis.gc?.();
      highest = Math.max(highest, process.memoryUsage().heapUsed / 2 ** 20);
    },
  });
  return highest;
}

function* addresses(count: number): Generator<string> {
  for (let n = 0; n < count; n++) yield `reader-${n}@mail-${n % DOMAINS}.example.com`;
}

async function insertAll(dataSource: DataSource, count: number): Promise<void> {
  const repository = dataSource.getRepository(SuppressedAddress);
  for (let from = 0; from < count; from += ROWS_A_CHUNK) {
    await repository.insert(
      list(Math.min(ROWS_A_CHUNK, count - from), (index) => {
        const domain = `mail-${(from + index) % DOMAINS}.example.com`;
        const key = `reader-${from + index}@${domain}`;
        const rest = { expiresAt: null, note: null, actor: null };
        return {
          key,
          scope: '*',
          address: key,
          domain,
          reason: 'hard-bounce' as const,
          since: new Date(),
          ...rest,
        };
      }),
    );
  }
}

const COLUMNS: Record<Table, string> = {
  address: 'ses_suppressed_address (key, scope, address, domain, reason, since)',
  history: 'ses_suppression_history (id, key, scope, address, action, reason, at)',
};

/** The same rows as an import makes of the addresses. */
async function copy(client: pg.Client, table: Table, count: number): Promise<void> {
  const stream = client.query(copyFrom(`COPY ${COLUMNS[table]} FROM STDIN`));
  await pipeline(Readable.from(chunks(table, count)), stream);
}

function* chunks(table: Table, count: number): Generator<string> {
  const now = Date.now();
  let chunk = '';
  for (let n = 0; n < count; n++) {
    const domain = `mail-${n % DOMAINS}.example.com`;
    const key = `reader-${n}@${domain}`;
    chunk +=
      table === 'address'
        ? `${key}\t*\t${key}\t${domain}\thard-bounce\t${now}\n`
        : `${timeOrderedId(now)}\t${key}\t*\t${key}\tadded\thard-bounce\t${now}\n`;
    if ((n + 1) % ROWS_A_CHUNK === 0 || n + 1 === count) {
      yield chunk;
      chunk = '';
    }
  }
}
