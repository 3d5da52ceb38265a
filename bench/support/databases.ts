import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';

/** A fresh, empty database. */
export interface BenchDatabase {
  options: DataSourceOptions;
  drop(): Promise<void>;
}

export type DatabaseName = 'SQLite' | 'PostgreSQL' | 'MariaDB';

export interface DatabaseKind<N extends DatabaseName = 'SQLite' | 'PostgreSQL'> {
  name: N;
  create(): Promise<BenchDatabase>;
}

/** PostgreSQL's pool for ours and for the peers alike; `pg` by itself has 10. */
const CONNECTIONS = 16;

const undropped = new Set<BenchDatabase>();

/** Drops what a benchmark that failed has left. */
export async function dropAll(): Promise<void> {
  for (const database of undropped) await database.drop();
}

/** Those of {@link databaseKinds}, and MariaDB if one answers at TEST_MARIADB_URL or on this machine. */
export async function allDatabaseKinds(): Promise<DatabaseKind<DatabaseName>[]> {
  const url = process.env.TEST_MARIADB_URL ?? 'mariadb://root@127.0.0.1:3306/mysql';
  const kinds: DatabaseKind<DatabaseName>[] = await databaseKinds();
  if (await mariadbAnswers(url)) kinds.push({ name: 'MariaDB', create: () => mariadb(url) });
  else process.stderr.write('left out: MariaDB (no server answers; set TEST_MARIADB_URL)\n');
  return kinds;
}

/** SQLite, and PostgreSQL if one answers at TEST_POSTGRES_URL or on this machine. */
export async function databaseKinds(): Promise<DatabaseKind[]> {
  const url = process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
  const kinds: DatabaseKind[] = [{ name: 'SQLite', create: sqlite }];
  if (await answers(url)) kinds.push({ name: 'PostgreSQL', create: () => postgres(url) });
  else process.stderr.write('left out: PostgreSQL (no server answers; set TEST_POSTGRES_URL)\n');
  return kinds;
}

async function sqlite(): Promise<BenchDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'ses-reputation-bench-'));
  return droppable(
    { type: 'better-sqlite3', database: join(directory, 'bench.sqlite'), enableWAL: true },
    () => rm(directory, { recursive: true, force: true }),
  );
}

async function postgres(adminUrl: string): Promise<BenchDatabase> {
  const name = `ses_bench_${randomBytes(6).toString('hex')}`;
  await administer(adminUrl, `create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return droppable({ type: 'postgres', url: url.href, extra: { max: CONNECTIONS } }, () =>
    administer(adminUrl, `drop database ${name} with (force)`),
  );
}

async function mariadb(adminUrl: string): Promise<BenchDatabase> {
  const name = `ses_bench_${randomBytes(6).toString('hex')}`;
  await administerMariadb(adminUrl, `create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return droppable({ type: 'mariadb', url: url.href, extra: { connectionLimit: CONNECTIONS } }, () =>
    administerMariadb(adminUrl, `drop database ${name}`),
  );
}

async function mariadbAnswers(url: string): Promise<boolean> {
  return administerMariadb(url, 'select 1').then(
    () => true,
    () => false,
  );
}

async function administerMariadb(url: string, statement: string): Promise<void> {
  const admin = await new DataSource({ type: 'mariadb', url }).initialize();
  try {
    await admin.query(statement);
  } finally {
    await admin.destroy();
  }
}

function droppable(options: DataSourceOptions, drop: () => Promise<void>): BenchDatabase {
  const database: BenchDatabase = {
    options,
    async drop() {
      undropped.delete(database);
      await drop();
    },
  };
  undropped.add(database);
  return database;
}

async function answers(url: string): Promise<boolean> {
  return administer(url, 'select 1').then(
    () => true,
    () => false,
  );
}

async function administer(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => undefined);
  }
}
