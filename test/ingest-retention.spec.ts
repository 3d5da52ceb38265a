import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FeedbackEvent } from '../libs/ses-reputation/src/feedback/feedback-event.entity.js';
import { SeenFeedback } from '../libs/ses-reputation/src/feedback/seen-feedback.entity.js';
import { databaseKinds } from './support/databases.js';
import { startIngest, type IngestHarness } from './support/ingest-harness.js';
import { bounce, delivery, softBounce } from './support/ses-event-bodies.js';

const DAY_MS = 86_400_000;

describe.each(databaseKinds())('retention on $name', (kind) => {
  let at: IngestHarness;
  beforeAll(async () => {
    at = await startIngest(kind);
  });
  afterAll(() => at.stop());
  beforeEach(() => at.clear());

  const seen = () => at.dataSource.manager.count(SeenFeedback);

  it('keeps rows for 90 days, and what was counted for 15', async () => {
    await at.take(bounce());
    await at.take(delivery());
    expect(await seen()).toBe(3);
    at.clock.nowMs += 15 * DAY_MS;
    await at.retention.prune();
    expect(await seen()).toBe(3);
    at.clock.nowMs += 1;
    await at.retention.prune();
    expect(await seen()).toBe(0);
    expect(await at.take(bounce())).toBe('repeated');
    at.clock.nowMs += 75 * DAY_MS - 1;
    await at.retention.prune();
    expect(await at.rows()).toHaveLength(1);
    at.clock.nowMs += 1;
    await at.retention.prune();
    expect(await at.rows()).toEqual([]);
  });

  it('keeps rows as long as the option says, and counts nothing twice that comes after', async () => {
    const { take, retention } = at.withOptions({ feedback: { retentionDays: 1 } });
    await take(bounce());
    at.clock.nowMs += 2 * DAY_MS;
    await retention.prune();
    expect(await at.rows()).toEqual([]);
    expect(await take(bounce())).toBe('repeated');
  });

  it('keeps nothing of a run of soft bounces but deliveries, and their rows', async () => {
    await at.take(softBounce({ messageId: 'm-1' }));
    await at.take(delivery({ messageId: 'm-2' }));
    at.clock.nowMs += 16 * DAY_MS;
    await at.retention.prune();
    expect(await at.dataSource.manager.find(SeenFeedback)).toMatchObject([
      { key: 'ann@example.com', sentAt: expect.any(Date) },
    ]);
  });

  it('removes more than one step', async () => {
    const row = { key: null, sentAt: null, seenAt: new Date(at.clock.now()) };
    const rows = Array.from({ length: 2_500 }, (_, n) => Object.assign({ id: `seen-${n}` }, row));
    for (let n = 0; n < rows.length; n += 500)
      await at.dataSource.manager.insert(SeenFeedback, rows.slice(n, n + 500));
    at.clock.nowMs += 16 * DAY_MS;
    await Promise.all([at.retention.prune(), at.retention.prune()]);
    expect(await seen()).toBe(0);
    expect(await at.dataSource.manager.count(FeedbackEvent)).toBe(0);
  });
});
