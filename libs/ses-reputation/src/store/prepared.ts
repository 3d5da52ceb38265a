import { hash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { QueryFailedError, type DataSource, type EntityManager, type QueryRunner } from 'typeorm';

/** What is used of a client of the driver's. */
interface Client {
  query(query: Query): Promise<unknown>;
}

interface Query {
  name: string;
  text: string;
  values: readonly string[];
}

/** SQLSTATE: no such statement on this connection, one of this name already, or one for tables that were altered since. */
const STALE_CODES = new Set(['26000', '42P05', '0A000']);
/** So many texts by name. Each is kept by every connection of the pool. */
const MOST = 50;

/** A statement failed for being prepared: its transaction has failed, and may succeed the next time. */
export class StaleStatementError extends Error {}

const names = new Map<string, string>();
const forbidden = new WeakSet<DataSource>();

/**
 * Writes with a statement whose text stays the same, in a transaction of {@link Store}'s. PostgreSQL parses and plans it
 * a few times a connection instead of each time; elsewhere it runs like any other.
 *
 * Not for reading: a plan that was made for a table of some hundred rows is kept while it grows to millions.
 *
 * A pooler that hands out connections by transaction may not know prepared statements: then one fails, and from there
 * on none is prepared.
 *
 * @throws StaleStatementError
 */
export async function writePrepared(
  tx: EntityManager,
  text: string,
  values: readonly string[],
): Promise<void> {
  const { connection, queryRunner } = tx;
  const name = nameOf(connection, text);
  if (name === null || !queryRunner || queryRunner.isReleased) {
    await tx.query(text, [...values]);
    return;
  }
  try {
    await run(queryRunner, { name, text, values });
  } catch (error) {
    const code = codeOf(error);
    if (!STALE_CODES.has(code)) throw error;
    if (!forbidden.has(connection)) {
      new Logger('SesReputation').warn(
        `Statements are not prepared any more, which costs the database some time: ${String(error)} (${code})`,
      );
    }
    forbidPrepared(connection);
    throw new StaleStatementError(code, { cause: error });
  }
}

/** From now on nothing is prepared on this data source. */
export function forbidPrepared(dataSource: DataSource): void {
  forbidden.add(dataSource);
}

function codeOf(error: unknown): string {
  const { driverError } = (error ?? {}) as { driverError?: { code?: string } };
  return driverError?.code ?? '';
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

/** As TypeORM runs it, which knows no names: with its logger, without its subscribers. */
async function run(runner: QueryRunner, query: Query): Promise<void> {
  const { logger, options } = runner.connection;
  const client = (await runner.connect()) as Client;
  const parameters = [...query.values];
  logger.logQuery(query.text, parameters, runner);
  const begun = performance.now();
  try {
    await client.query(query);
  } catch (error) {
    logger.logQueryError(error as Error, query.text, parameters, runner);
    throw new QueryFailedError(query.text, parameters, error as Error);
  }
  const ms = performance.now() - begun;
  const { maxQueryExecutionTime } = options;
  if (maxQueryExecutionTime && ms > maxQueryExecutionTime) {
    logger.logQuerySlow(Math.round(ms), query.text, parameters, runner);
  }
}
