import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseKinds } from './support/databases.js';
import { payloads, startIngest, type IngestHarness } from './support/ingest-harness.js';
import { bounce, complaint, delivery, softBounce } from './support/ses-event-bodies.js';

const numbers = Array.from({ length: 20 }, (_, n) => n);

describe.each(databaseKinds())('feedback that comes in at the same time on $name', (kind) => {
  let at: IngestHarness;
  beforeAll(async () => {
    at = await startIngest(kind);
  });
  afterAll(() => at.stop());
  beforeEach(() => at.clear());

  it('counts one event once, however often it comes', async () => {
    const event = bounce({ to: ['ann@example.com', 'bob@example.com'] });
    const outcomes = await Promise.all(numbers.map(() => at.take(event)));
    expect(outcomes.toSorted()).toEqual([...numbers.slice(1).map(() => 'repeated'), 'stored']);
    expect(await at.rows()).toHaveLength(2);
    expect(await at.counts()).toEqual({ hardBounces: 2 });
    expect(await at.suppressed()).toHaveLength(2);
    const raised = await at.raised();
    expect(payloads(raised, 'ses.bounce.hard')).toHaveLength(2);
    expect(payloads(raised, 'ses.suppression.added')).toHaveLength(2);
  });

  it('loses none of many different events', async () => {
    await Promise.all(
      numbers.flatMap((n) => [
        at.take(bounce({ messageId: `b-${n}`, to: [`ann-${n}@example.com`, 'bob@example.com'] })),
        at.take(complaint({ messageId: `c-${n}`, feedbackId: `c-${n}`, to: ['bob@example.com'] })),
        at.take(delivery({ messageId: `d-${n}` })),
      ]),
    );
    expect(await at.counts()).toEqual({ hardBounces: 40, complaints: 20, deliveries: 20 });
    expect(await at.rows()).toHaveLength(60);
    expect(await at.suppressed()).toEqual(
      [...numbers.map((n) => `ann-${n}@example.com * hard-bounce`), 'bob@example.com * complaint'].toSorted(),
    );
    expect(payloads(await at.raised(), 'ses.suppression.added')).toHaveLength(21);
  });

  it('sees the last soft bounce of a run, though each is counted beside the others', async () => {
    for (let round = 0; round < 5; round++) {
      const to = [`ann-${round}@example.com`];
      await Promise.all(
        [1, 2, 3, 4, 5].map((n) => at.take(softBounce({ messageId: `m-${round}-${n}`, sent: n, to }))),
      );
      expect(await at.suppressed()).toContain(`${to[0]} * soft-bounces`);
    }
  });
});
