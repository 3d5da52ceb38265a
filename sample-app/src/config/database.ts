import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { sesReputationMigrations } from 'nestjs-ses-reputation/migrations';
import { shopMigrations } from '../migrations/index.js';

/** The data source for a DATABASE_URL: `sqlite:<file>`, `postgres://...` or `mysql://...`. */
export function databaseOptions(url: string): TypeOrmModuleOptions {
  return {
    ...connection(url),
    autoLoadEntities: true,
    // The library's tables come from the library's own migrations, the shop's from its own.
    migrations: [...sesReputationMigrations, ...shopMigrations],
    migrationsRun: true,
    retryAttempts: 3,
    retryDelay: 1_000,
  };
}

function connection(url: string): TypeOrmModuleOptions {
  const scheme = url.slice(0, url.indexOf(':'));
  if (scheme === 'sqlite') return { type: 'better-sqlite3', database: sqliteFile(url), enableWAL: true };
  if (scheme.startsWith('postgres')) return { type: 'postgres', url };
  return { type: scheme === 'mariadb' ? 'mariadb' : 'mysql', url, charset: 'utf8mb4' };
}

/** `sqlite:shop.sqlite`, `sqlite:/var/lib/shop.sqlite`, `sqlite:///var/lib/shop.sqlite` or `sqlite::memory:`. */
function sqliteFile(url: string): string {
  return url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
}
