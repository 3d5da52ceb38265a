import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FeedbackEvent } from '../libs/ses-reputation/src/feedback/feedback-event.entity.js';
import { SeenFeedback } from '../libs/ses-reputation/src/feedback/seen-feedback.entity.js';
import { StoppedError, type GiveWay } from '../libs/ses-reputation/src/store/giving-way.js';
import { PRUNED_AT_A_TIME } from '../libs/ses-reputation/src/store/prune.js';
import { databaseKinds } from './support/databases.js';
import { startIngest, type IngestHarness } from './support/ingest-harness.js';
import { bounce } from './support/ses-event-bodies.js';

const DAY_MS = 86_400_000;
const ROWS = 1_300;
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

describe.each(databaseKinds())(`retention in steps on $name (SEED=${seed})`, (kind) => {
  let at: IngestHarness;
  beforeAll(async () => {
    at = await startIngest(kind);
  });
  afterAll(() => at.stop());

  let stay: { events: string[]; seen: string[] };
  beforeEach(async () => {
    await at.clear();
    stay = await fill(at);
  });

  const events = async () => idsOf(await at.rows());
  const seen = async () => idsOf(await at.dataSource.manager.find(SeenFeedback, { select: { id: true } }));

  it('removes what is past its time and nothing else, however many rows have the same time', async () => {
    expect(stay.events.length).toBeGreaterThan(PRUNED_AT_A_TIME);
    expect(stay.events.length).toBeLessThan(ROWS - 2 * PRUNED_AT_A_TIME);
    await at.retention.prune();
    expect(await events()).toEqual(stay.events);
    expect(await seen()).toEqual(stay.seen);
  });

  it('removes a bounded number of rows a step, and feedback gets in between', async () => {
    const held = async () =>
      (await at.dataSource.manager.count(FeedbackEvent)) + (await at.dataSource.manager.count(SeenFeedback));
    let steps = 0;
    let most = 0;
    const watched: GiveWay = async (step) => {
      const before = await held();
      const result = await step();
      most = Math.max(most, before - (await held()));
      steps++;
      expect(await at.take(bounce({ messageId: `between-${steps}` }))).toBe('stored');
      return result;
    };
    await at.retention.prune(watched);
    expect(most).toBe(PRUNED_AT_A_TIME);
    expect(steps).toBeGreaterThan(6);
    const taken = (await at.rows()).filter(({ messageId }) => messageId?.startsWith('between-'));
    expect(taken).toHaveLength(steps);
    const isNew = new Set(taken.map(({ id }) => id));
    expect((await events()).filter((id) => !isNew.has(id))).toEqual(stay.events);
  });

  it('goes on where it was stopped', async () => {
    let steps = 0;
    const stopping: GiveWay = (step) => {
      if (steps++ === 3) throw new StoppedError();
      return step();
    };
    const before = await at.dataSource.manager.count(FeedbackEvent);
    await expect(at.retention.prune(stopping)).rejects.toThrow(StoppedError);
    const after = await at.dataSource.manager.count(FeedbackEvent);
    expect(after).toBe(before - 3 * PRUNED_AT_A_TIME);
    await at.retention.prune();
    expect(await events()).toEqual(stay.events);
    expect(await seen()).toEqual(stay.seen);
  });

  it('is done twice at once', async () => {
    await Promise.all([at.retention.prune(), at.retention.prune()]);
    expect(await events()).toEqual(stay.events);
    expect(await seen()).toEqual(stay.seen);
  });
});

/** About the end of so many days. */
function ages(days: number): number[] {
  return [days * DAY_MS + 1, days * DAY_MS, days * DAY_MS - 1, (days + 3) * DAY_MS];
}

/** @returns the ids of what is not past its time, or has to stay for a run of soft bounces */
async function fill(at: IngestHarness): Promise<{ events: string[]; seen: string[] }> {
  const random = numbersFrom(seed);
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const keys = Array.from({ length: 12 }, (_, n) => `reader-${n}@example.com`);
  const ago = (days: number) =>
    new Date(at.clock.now() - (random() < 0.8 ? one(ages(days)) : random() * 2 * days * DAY_MS));
  const rows = Array.from({ length: ROWS }, (_, n) => ({
    id: idOf(random, n),
    // Most keys have no soft bounce that stays.
    type: one(['bounce', 'delivery'] as const),
    category: random() < 0.01 ? 'soft' : 'hard',
    address: null,
    key: one(keys),
    messageId: `m-${n}`,
    at: new Date(at.clock.now()),
    receivedAt: ago(90),
    source: 'http',
    raw: '{}',
  }));
  const seen = Array.from({ length: ROWS }, (_, n) => ({
    id: idOf(random, n),
    key: one(keys),
    sentAt: random() < 0.5 ? new Date(at.clock.now() - 20 * DAY_MS) : null,
    seenAt: ago(15),
  }));
  for (let n = 0; n < ROWS; n += 100) {
    await at.dataSource.manager.insert(FeedbackEvent, rows.slice(n, n + 100));
    await at.dataSource.manager.insert(SeenFeedback, seen.slice(n, n + 100));
  }
  const isYoung = (time: Date, days: number) => time.getTime() >= at.clock.now() - days * DAY_MS;
  const young = rows.filter(({ receivedAt }) => isYoung(receivedAt, 90));
  const softKeys = new Set(
    young.filter(({ type, category }) => type === 'bounce' && category === 'soft').map(({ key }) => key),
  );
  return {
    events: idsOf(young),
    seen: idsOf(
      seen.filter(({ key, sentAt, seenAt }) => isYoung(seenAt, 15) || (sentAt && softKeys.has(key))),
    ),
  };
}

function idsOf(rows: readonly { id: string }[]): string[] {
  return rows.map(({ id }) => id).toSorted();
}

/** Not in the order in which the rows are made. */
function idOf(random: () => number, n: number): string {
  return `${Math.floor(random() * 1e9).toString(16)}-${n}`;
}

/** The same numbers from 0 to 1 for the same seed (a linear congruential generator). */
function numbersFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
