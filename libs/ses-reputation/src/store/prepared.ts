import { hash } from 'node:crypto';
import { QueryFailedError, type DataSource, type EntityManager, type QueryRunner } from 'typeorm';

/** What is used of a client of the driver's. */
interface Client {
  query(query: { name: string; text: string; values: readonly unknown[] }): Promise<{ rows: unknown[] }>;
}

/** SQLSTATE: no such statement on this connection, one of this name already, or one for tables that were altered since. */
const STALE_CODES = new Set(['26000', '42P05', '0A000']);
/** So many texts by name. Each is kept by every connection of the pool. */
const MOST = 200;

const names = new Map<string, string>();
const forbidden = new WeakSet<DataSource>();

/**
 * Runs a statement whose text stays the same. PostgreSQL parses and plans it once a connection, which takes a third of
 * the time of a group of feedback; elsewhere it runs like any other.
 *
 * A pooler that hands out connections by transaction may not know prepared statements: then one fails, and from there
 * on none is prepared.
 */
export async function runPrepared<T>(
  manager: EntityManager,
  text: string,
  values: readonly (string | number)[],
): Promise<T[]> {
  const { connection, queryRunner } = manager;
  const name = nameOf(connection, text);
  if (name === null || queryRunner?.isReleased) return manager.query(text, [...values]);
  const runner = queryRunner ?? connection.createQueryRunner();
  try {
    return (await run(runner, { name, text, values })) as T[];
  } catch (error) {
    if (!isStale(error)) throw error;
    forbidPrepared(connection);
    // Its transaction has failed, and is to be run again.
    if (runner.isTransactionActive) throw error;
    return await manager.query(text, [...values]);
  } finally {
    if (!queryRunner) await runner.release();
  }
}

/** From now on nothing is prepared on this data source. */
export function forbidPrepared(dataSource: DataSource): void {
  forbidden.add(dataSource);
}

/** Whether a statement failed for being prepared: it will not be the next time. */
export function isStale(error: unknown): boolean {
  const { driverError } = (error ?? {}) as { driverError?: { code?: string } };
  return STALE_CODES.has(driverError?.code ?? '');
}

/** Made from the text: whoever shares a server's connection with us means the same by it. */
function nameOf(dataSource: DataSource, text: string): string | null {
  if (dataSource.options.type !== 'postgres' || forbidden.has(dataSource)) return null;
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= MOST) return null;
  const name = `ses_${hash('sha256', text, 'hex').slice(0, 40)}`;
  names.set(text, name);
  return name;
}

async function run(
  runner: QueryRunner,
  query: { name: string; text: string; values: readonly (string | number)[] },
): Promise<unknown[]> {
  const client = (await runner.connect()) as Client;
  const parameters = [...query.values];
  runner.connection.logger.logQuery(query.text, parameters, runner);
  try {
    return (await client.query(query)).rows;
  } catch (error) {
    throw new QueryFailedError(query.text, parameters, error as Error);
  }
}
