import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { IdempotentSend } from '../libs/ses-reputation/src/mailer/idempotent-send.entity.js';
import { SesSimulator } from '../libs/ses-reputation/src/testing/index.js';
import { databaseKinds, sqlite, type TestDatabase } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';

Logger.overrideLogger(false);

const MESSAGE = { to: 'ann@example.com', text: 'x' };
const servers = databaseKinds().filter(({ name }) => name !== 'SQLite');
const LOCKS: Record<string, string[]> = {
  postgres: ['BEGIN', 'LOCK TABLE ses_suppressed_address IN ACCESS EXCLUSIVE MODE', 'COMMIT'],
  mariadb: ['SELECT 1', 'LOCK TABLES ses_suppressed_address WRITE', 'UNLOCK TABLES'],
};

function promiseToResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((given) => (resolve = given));
  return { promise, resolve };
}

describe('a database that hangs', () => {
  let simulator: SesSimulator;
  let database: TestDatabase;
  let parts: MailerParts;

  async function start(given: TestDatabase): Promise<void> {
    database = given;
    parts = await startMailer(database.options, { client: simulator.clientConfig });
  }

  beforeEach(async () => {
    simulator = await SesSimulator.start({ sendRate: 10_000 });
  });

  afterEach(async () => {
    await parts.close();
    await database.drop();
    await simulator.stop();
  });

  for (const { name, create } of servers)
    it(`keeps connections for the host’s own queries, on ${name}`, async () => {
      await start(await create());
      const { dataSource, mailer, events } = parts;
      const [begin, lock, end] = LOCKS[dataSource.options.type]!;
      const locking = dataSource.createQueryRunner();
      await locking.query(begin!);
      await locking.query(lock!);
      await Promise.all(Array.from({ length: 30 }, () => mailer.send(MESSAGE)));
      expect(events.map(({ payload }) => payload.unchecked)).toEqual(Array.from({ length: 30 }, () => true));
      expect(await dataSource.query('SELECT 1 AS one')).toMatchObject([{ one: expect.anything() }]);
      await locking.query(end!);
      await locking.release();
      events.length = 0;
      do await mailer.send(MESSAGE);
      while (events.at(-1)!.payload.unchecked);
    });

  it('sends nothing with an idempotencyKey, and leaves the key free', async () => {
    await start(await sqlite());
    const { dataSource, mailer } = parts;
    const { promise: answered, resolve: answer } = promiseToResolve();
    const transaction = dataSource.transaction.bind(dataSource);
    const hanging = jest.fn(async (work: never) => {
      await answered;
      return transaction(work);
    });
    Object.defineProperty(dataSource, 'transaction', { value: hanging });
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });
    try {
      const sending = mailer.send({ ...MESSAGE, idempotencyKey: 'order-17' });
      const refused = expect(sending).rejects.toMatchObject({ code: 'SES_STORE_UNAVAILABLE' });
      await jest.advanceTimersByTimeAsync(31_000);
      await refused;
    } finally {
      jest.useRealTimers();
    }
    expect(simulator.sent).toHaveLength(0);
    answer();
    while (hanging.mock.calls.length < 2) await new Promise(setImmediate);
    await hanging.mock.results[1]!.value;
    expect(await dataSource.manager.count(IdempotentSend)).toBe(0);
    await mailer.send({ ...MESSAGE, idempotencyKey: 'order-17' });
    expect(simulator.sent).toHaveLength(1);
  });
});
