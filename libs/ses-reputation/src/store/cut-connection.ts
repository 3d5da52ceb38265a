import type { DataSource } from 'typeorm';

interface Stream {
  destroy?: (error: Error) => unknown;
}

/** As far as `pg` (`connection.stream`), `mysql2` (`stream`) and `mysql` (`_socket`) are alike. */
interface DriverConnection {
  connection?: { stream?: Stream };
  stream?: Stream;
  _socket?: Stream;
}

interface PostgresClient extends DriverConnection {
  _connected?: boolean;
}

interface PostgresPool {
  _clients?: PostgresClient[];
}

/**
 * Ends a connection that answers no more, without asking it. Its queries fail, and the pool puts another in its
 * place; the server rolls its transaction back.
 */
export function cutConnection(connection: unknown): void {
  const { connection: inner, stream, _socket } = (connection ?? {}) as DriverConnection;
  const socket = inner?.stream ?? stream ?? _socket;
  socket?.destroy?.(new Error('the database did not answer in time'));
}

/**
 * What ends the connection that `connect` begins to open, as long as it is not open. `pg` waits without a limit for
 * a server that takes a connection and then says nothing, and tells nobody of it; the drivers of MySQL have a limit
 * of their own.
 */
export function cutterOfNew<T>(dataSource: DataSource, connect: () => T): { begun: T; cut: () => void } {
  const { master } = dataSource.driver as { master?: PostgresPool };
  const before = new Set(master?._clients);
  const begun = connect();
  let opening: PostgresClient[] = [];
  // The pool of `pg` hands connections out in the next tick, and begins a new one then if there are too few.
  process.nextTick(() => {
    opening = (master?._clients ?? []).filter((client) => !before.has(client));
  });
  const cut = () => {
    for (const client of opening) if (client._connected === false) cutConnection(client);
  };
  return { begun, cut };
}
