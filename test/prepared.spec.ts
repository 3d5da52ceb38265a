import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { forbidPrepared } from '../libs/ses-reputation/src/store/prepared.js';
import { databaseKinds } from './support/databases.js';
import { hasCommand } from './support/external.js';
import { startPgBouncer } from './support/pgbouncer.js';
import { startSuppression, type SuppressionHarness } from './support/suppression-harness.js';

const kinds = databaseKinds().filter(({ name }) => name === 'PostgreSQL');
// Jest needs a test in the file where there is no such server.
if (kinds.length === 0) it.skip('needs PostgreSQL', () => undefined);

const people = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `a${from + n}@example.com`);

for (const kind of kinds)
  describe(`prepared statements on ${kind.name}`, () => {
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

for (const kind of hasCommand('pgbouncer') ? kinds : []) {
  it(`takes suppressions and looks them up through PgBouncer, by transaction, on ${kind.name}`, async () => {
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
}
