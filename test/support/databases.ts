import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';

/** A fresh, empty database of one kind. */
export interface TestDatabase {
  options: DataSourceOptions;
  /** The same as a URL, for the sample app's DATABASE_URL. */
  url: string;
  drop(): Promise<void>;
}

export interface DatabaseKind {
  name: 'SQLite' | 'PostgreSQL' | 'MariaDB';
  create(): Promise<TestDatabase>;
}

interface Found {
  postgres: string | null;
  mariadb: string | null;
}

/** The kinds of database that this machine has (found by global-setup), for `describe.each`. */
export function databaseKinds(): DatabaseKind[] {
  const { postgres, mariadb } = JSON.parse(process.env.SES_TEST_DATABASES!) as Found;
  const kinds: DatabaseKind[] = [{ name: 'SQLite', create: sqlite }];
  if (postgres) kinds.push({ name: 'PostgreSQL', create: () => server('postgres', postgres) });
  if (mariadb) kinds.push({ name: 'MariaDB', create: () => server('mariadb', mariadb) });
  return kinds;
}

export async function sqlite(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'ses-reputation-'));
  const database = join(directory, 'test.sqlite');
  return {
    options: { type: 'better-sqlite3', database },
    url: `sqlite:${database}`,
    drop: () => rm(directory, { recursive: true, force: true }),
  };
}

async function server(type: 'postgres' | 'mariadb', adminUrl: string): Promise<TestDatabase> {
  const name = `ses_test_${randomBytes(6).toString('hex')}`;
  const admin = new DataSource({ type, url: adminUrl });
  await admin.initialize();
  await admin.query(`create database ${name}`);
  await admin.destroy();
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    options: { type, url: url.href } as DataSourceOptions,
    url: url.href,
    drop: async () => {
      const dropper = new DataSource({ type, url: adminUrl });
      await dropper.initialize();
      await dropper.query(
        type === 'postgres' ? `drop database ${name} with (force)` : `drop database ${name}`,
      );
      await dropper.destroy();
    },
  };
}
