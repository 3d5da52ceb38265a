import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { forbidPrepared } from '../libs/ses-reputation/src/store/prepared.js';
import { databaseKinds, type DatabaseKind } from './support/databases.js';
import { hasCommand } from './support/external.js';
import { until } from './support/sns-harness.js';
import { startSuppression, type SuppressionHarness } from './support/suppression-harness.js';

const kinds = databaseKinds().filter(({ name }) => name === 'PostgreSQL');
const people = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `a${from + n}@example.com`);

describe.each(kinds)('prepared statements on $name', (kind) => {
  let list: SuppressionHarness;

  const said: string[] = [];

  beforeEach(async () => {
    said.length = 0;
    Logger.overrideLogger({ log() {}, error() {}, warn: (message) => void said.push(String(message)) });
    list = await startSuppression(kind);
  });
  afterEach(() => list.stop());

  const suppress = (addresses: string[]) =>
    Promise.all(addresses.map((address) => list.suppression.suppress(address, { reason: 'manual' })));
  const suppressed = async (addresses: string[]) => (await list.suppression.check(addresses)).size;

  /** Runs it on every connection of the pool. */
  async function everywhere(statement: string): Promise<unknown[]> {
    const runners = Array.from({ length: 10 }, () => list.dataSource.createQueryRunner());
    const results = [];
    for (const runner of runners) results.push(...((await runner.query(statement)) as unknown[]));
    for (const runner of runners) await runner.release();
    return results;
  }

  const known = () => everywhere(`SELECT name FROM pg_prepared_statements`);

  it('keeps them on each connection, by a name made from the text', async () => {
    await suppress(people(0, 20));
    expect(await suppressed(people(0, 30))).toBe(20);
    const names = (await known()) as { name: string }[];
    expect(names.length).toBeGreaterThan(0);
    for (const { name } of names) expect(name).toMatch(/^ses_[0-9a-f]{40}$/);
  });

  it('prepares nothing where that is forbidden', async () => {
    forbidPrepared(list.dataSource);
    await suppress(people(0, 5));
    expect(await suppressed(people(0, 10))).toBe(5);
    expect(await known()).toEqual([]);
  });

  it('goes on without them after connections have forgotten them, and says so once', async () => {
    await suppress(people(0, 20));
    await everywhere('DEALLOCATE ALL');
    await Promise.all([suppress(people(10, 40)), suppressed(people(0, 40))]);
    expect(await suppressed(people(0, 50))).toBe(40);
    expect(await list.raised()).toHaveLength(40);
    expect(said).toEqual([expect.stringMatching(/not prepared any more.*26000/)]);
    await suppress(people(40, 50));
    expect(await known()).toEqual([]);
  });

  it('goes on after tables were altered', async () => {
    await suppress(people(0, 20));
    await list.dataSource.query('ALTER TABLE ses_suppressed_address ALTER COLUMN reason TYPE text');
    await Promise.all([suppress(people(10, 40)), suppressed(people(0, 40))]);
    expect(await suppressed(people(0, 50))).toBe(40);
  });

  it('goes on without them where somebody else has prepared them on the connection', async () => {
    await suppress(people(0, 2));
    // The driver is made to forget what its connections know.
    const runners = Array.from({ length: 10 }, () => list.dataSource.createQueryRunner());
    for (const runner of runners) {
      const { connection } = (await runner.connect()) as { connection: { parsedStatements: object } };
      connection.parsedStatements = {};
    }
    for (const runner of runners) await runner.release();
    await suppress(people(2, 20));
    expect(await suppressed(people(0, 30))).toBe(20);
    expect(said).toEqual([expect.stringMatching('42P05')]);
  });
});

describe.each(kinds)('PgBouncer by transaction before $name', (kind) => {
  const title = 'takes suppressions and looks them up';
  if (!hasCommand('pgbouncer')) {
    it.skip(title, () => undefined);
    return;
  }

  it(title, async () => {
    const bouncer = await startPgBouncer(kind);
    let list: SuppressionHarness | undefined;
    try {
      list = await startSuppression(bouncer.kind);
      const { suppression } = list;
      for (let from = 0; from < 60; from += 20) {
        await Promise.all([
          ...people(from, from + 20).map((address) => suppression.suppress(address, { reason: 'manual' })),
          ...people(0, from).map((address) => suppression.check([address])),
        ]);
      }
      const found = await suppression.check(people(0, 80));
      expect(found.size).toBe(60);
      expect(await list.raised()).toHaveLength(60);
    } finally {
      await list?.stop();
      await bouncer.stop();
    }
  });
});

/** A pooler in front of the server: its clients share few connections, each for a transaction at a time. */
async function startPgBouncer(
  kind: DatabaseKind,
): Promise<{ kind: DatabaseKind; stop: () => Promise<void> }> {
  const direct = await kind.create();
  const server = new URL(direct.url);
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'ses-pgbouncer-'));
  const config = join(directory, 'pgbouncer.ini');
  const target = [
    `host=${server.hostname}`,
    `port=${server.port || 5432}`,
    `user=${server.username || 'postgres'}`,
    ...(server.password === '' ? [] : [`password=${server.password}`]),
  ].join(' ');
  await writeFile(
    config,
    `[databases]\n* = ${target}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\n` +
      'auth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nignore_startup_parameters = extra_float_digits\n',
    { mode: 0o644 },
  );
  await chmod(directory, 0o755);
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const child = spawn('pgbouncer', ['--quiet', config], { stdio: 'ignore', cwd: '/', ...user });
  await until(() => {
    if (child.exitCode !== null) throw new Error(`pgbouncer ended with ${child.exitCode}`);
    return answers(port);
  });
  const url = new URL(direct.url);
  url.port = String(port);
  return {
    kind: {
      name: kind.name,
      create: async () => ({
        options: { type: 'postgres', url: url.href },
        url: url.href,
        drop: () => direct.drop(),
      }),
    },
    stop: async () => {
      child.kill('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
