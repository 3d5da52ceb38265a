import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { SES_REPUTATION_ENTITIES } from '../libs/ses-reputation/src/entities.js';
import { StoreUnavailableError } from '../libs/ses-reputation/src/errors.js';
import { databaseKinds } from './support/databases.js';
import { startIngest, type IngestHarness } from './support/ingest-harness.js';
import { bounce, complaint, delivery, softBounce, subscription } from './support/ses-event-bodies.js';

const ADDRESSES = ['ann@example.com', 'bob@example.com', 'eve@example.com', 'gone@example.com'];

/** Few people and messages, so that events are about the same ones, again and again. */
const mail = fc.record({ n: fc.nat(7), to: fc.subarray(ADDRESSES, { minLength: 1 }) }).map(({ n, to }) => ({
  messageId: `m-${n}`,
  sent: n * 3,
  to,
  stream: ['newsletter', 'transactional'][n % 2],
}));

const event: fc.Arbitrary<object> = fc.oneof(
  { weight: 8, arbitrary: mail.map((given) => softBounce(given)) },
  { weight: 2, arbitrary: mail.map((given) => delivery(given)) },
  mail.map((given) => bounce({ ...given, feedbackId: `b-${given.messageId}` })),
  mail.map((given) => complaint({ ...given, feedbackId: `c-${given.messageId}` })),
  mail.map((given) => subscription(given)),
);

/** A history, and where it is cut into groups. */
const history = fc.array(event, { minLength: 4, maxLength: 14 }).chain((events) =>
  fc.record({
    events: fc.constant(events),
    cuts: fc.subarray(
      events.map((_, n) => n),
      { maxLength: 2 },
    ),
  }),
);

/** What can't be foretold: ids made by the clock and by chance. */
const BY_CHANCE = new Set(['ses_suppression_history', 'ses_outbox_event']);

async function tables(dataSource: DataSource): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  for (const entity of SES_REPUTATION_ENTITIES) {
    const { tableName } = dataSource.getMetadata(entity);
    if (tableName === 'ses_memory') continue;
    const rows = await dataSource.manager.find(entity);
    const byChance = BY_CHANCE.has(tableName);
    const byId = byChance ? (rows as { id: string }[]).toSorted((a, b) => (a.id < b.id ? -1 : 1)) : rows;
    const plain = byId.map((row) => JSON.stringify(byChance ? { ...row, id: '' } : row));
    all[tableName] = byChance ? plain : plain.toSorted();
  }
  return all;
}

describe.each(databaseKinds())('groups of feedback on $name', (kind) => {
  let at: IngestHarness;
  beforeAll(async () => {
    at = await startIngest(kind);
  });
  afterAll(() => at.stop());
  beforeEach(() => at.clear());

  it('end as if each event had had a transaction of its own', async () => {
    const options = { suppression: { softBounceLimit: 2, eraseKey: 'k'.repeat(32) } };
    const after = async (events: readonly object[], cuts: readonly number[]) => {
      await at.clear();
      // What is known of the tables from the time before they were emptied is forgotten.
      const { suppression, take } = at.withOptions(options);
      await suppression.erase('gone@example.com');
      await suppression.suppress('ann@example.com', { reason: 'manual' });
      await suppression.release('ann@example.com');
      await at.raised();
      const outcomes: string[] = [];
      for (let from = 0; from < events.length;) {
        const to = cuts.find((cut) => cut > from) ?? events.length;
        outcomes.push(...(await Promise.all(events.slice(from, to).map((one) => take(one)))));
        from = to;
      }
      const raised = await at.raised();
      // Of different people events are delivered side by side.
      return {
        outcomes,
        tables: await tables(at.dataSource),
        raised: raised.map((one) => JSON.stringify(one)).toSorted(),
      };
    };
    await fc.assert(
      fc.asyncProperty(history, async ({ events, cuts }) => {
        const everyOne = events.map((_, n) => n);
        expect(await after(events, cuts)).toEqual(await after(events, everyOne));
      }),
      { numRuns: kind.name === 'SQLite' ? 12 : 4, endOnFailure: true },
    );
  });

  it('tell two that are the same apart', async () => {
    const one = bounce({ to: ['ann@example.com'] });
    expect(await Promise.all([at.take(one), at.take(one), at.take('no event')])).toEqual([
      'stored',
      'repeated',
      'ignored',
    ]);
  });

  describe('with one that the database refuses', () => {
    const bad = bounce({ messageId: 'bad', to: ['bad@example.com'] });
    const others = [1, 2, 3, 4, 5].map((n) => bounce({ messageId: `m-${n}`, to: [`ann-${n}@example.com`] }));
    let drop: () => Promise<unknown>;
    beforeEach(async () => {
      const { dataSource } = at;
      if (kind.name === 'SQLite') {
        await dataSource.query(
          "create trigger no_bad before insert on ses_feedback_event when new.message_id = 'bad' begin select raise(abort, 'bad'); end",
        );
        drop = () => dataSource.query('drop trigger no_bad');
      } else {
        await dataSource.query(
          "alter table ses_feedback_event add constraint no_bad check (message_id <> 'bad')",
        );
        drop = () => dataSource.query('alter table ses_feedback_event drop constraint no_bad');
      }
    });
    afterEach(() => drop());

    it('keep the others', async () => {
      const ended = await Promise.allSettled(
        [...others.slice(0, 3), bad, ...others.slice(3)].map((one) => at.take(one)),
      );
      expect(ended.map(({ status }) => status === 'fulfilled')).toEqual([
        true,
        true,
        true,
        false,
        true,
        true,
      ]);
      expect(ended[3]).toMatchObject({ reason: expect.any(StoreUnavailableError) });
      expect(await at.rows()).toHaveLength(5);
      expect(await at.counts()).toEqual({ hardBounces: 5 });
      await drop();
      drop = async () => undefined;
      expect(await at.take(bad)).toBe('stored');
    });
  });

  it('fail as a whole while the database is away, and lose nothing', async () => {
    const events = [1, 2, 3].map((n) => bounce({ messageId: `m-${n}`, to: [`ann-${n}@example.com`] }));
    const rename = (from: string, to: string) => at.dataSource.query(`alter table ${from} rename to ${to}`);
    await rename('ses_feedback_event', 'taken_away');
    const ended = await Promise.allSettled(events.map((one) => at.take(one)));
    await rename('taken_away', 'ses_feedback_event');
    expect(ended).toEqual(
      events.map(() => ({ status: 'rejected', reason: expect.any(StoreUnavailableError) })),
    );
    expect(await at.counts()).toEqual({});
    expect(await Promise.all(events.map((one) => at.take(one)))).toEqual(['stored', 'stored', 'stored']);
  });
});
