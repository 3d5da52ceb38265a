import { NestFactory } from '@nestjs/core';
import { FeedbackService } from '../libs/ses-reputation/src/index.js';
import type { Compare } from './harness/compare.js';
import { perSecond } from './harness/timing.js';
import { GroupedDriver, rowsOfBounces } from './peers/grouped-driver.js';
import { NaiveFeedback, naiveModule } from './peers/naive-feedback.js';
import { startHost } from './support/app.js';
import { hardBounce, list } from './support/bounces.js';
import { databaseKinds } from './support/databases.js';

const BOUNCES = 400;
/** As SQS brings them. */
const BATCH = 10;
const BATCHES = 100;
/** An application that has just started is slower for some thousand events. */
const WARM_UP = 3;

/** Hard bounces of as many addresses, each stored, counted and suppressed. */
export async function ingest(compare: Compare): Promise<void> {
  for (const kind of await databaseKinds()) {
    const [ours, theirs] = [await kind.create(), await kind.create()];
    const host = await startHost(ours.options);
    const feedback = host.get(FeedbackService);
    const naiveHost = await NestFactory.createApplicationContext(naiveModule(theirs.options), {
      logger: ['error'],
    });
    const naive = naiveHost.get(NaiveFeedback);
    for (const atOnce of [1, 16]) {
      await compare({
        title: `ingest: hard bounces on ${kind.name}, ${atOnce} at once`,
        unit: 'events/s',
        better: 'more',
        warmUp: WARM_UP,
        contenders: [
          {
            name: 'nestjs-ses-reputation',
            role: 'ours',
            measure: () => perSecond(list(BOUNCES, hardBounce), atOnce, (body) => ingestNew(feedback, body)),
          },
          {
            name: 'three repository.save()',
            role: 'peer',
            measure: () => perSecond(list(BOUNCES, hardBounce), atOnce, (body) => naive.handle(body)),
          },
        ],
      });
    }
    const raw = await kind.create();
    const driver = await GroupedDriver.start(raw.options);
    const batches = () => list(BATCHES, () => list(BATCH, hardBounce));
    for (const atOnce of [1, 5]) {
      await compare({
        title: `ingest: hard bounces in batches of ${BATCH} on ${kind.name}, ${atOnce} at once`,
        unit: 'events/s',
        better: 'more',
        warmUp: WARM_UP,
        contenders: [
          {
            name: 'nestjs-ses-reputation',
            role: 'ours',
            measure: () => batchesPerSecond(batches(), atOnce, (body) => ingestNew(feedback, body)),
          },
          {
            name: 'three repository.save()',
            role: 'peer',
            measure: () => batchesPerSecond(batches(), atOnce, (body) => naive.handle(body)),
          },
          {
            name: `the driver, ${BATCH * atOnce} a transaction`,
            role: 'limit',
            measure: async () => {
              const groups = list((BATCH * BATCHES) / (BATCH * atOnce), () =>
                rowsOfBounces(list(BATCH * atOnce, hardBounce)),
              );
              return BATCH * atOnce * (await perSecond(groups, 1, (group) => driver.write(group)));
            },
          },
        ],
      });
    }
    await Promise.all([host.close(), naiveHost.close(), driver.stop()]);
    await Promise.all([ours.drop(), theirs.drop(), raw.drop()]);
  }
}

/** A consumer takes the messages of a batch side by side, and some batches at a time. */
async function batchesPerSecond(
  batches: readonly string[][],
  atOnce: number,
  take: (body: string) => Promise<void>,
): Promise<number> {
  return BATCH * (await perSecond(batches, atOnce, (batch) => Promise.all(batch.map(take))));
}

/** A repeated event would cost less than it should. */
async function ingestNew(feedback: FeedbackService, body: string): Promise<void> {
  const outcome = await feedback.ingest(body, { source: 'bench' });
  if (outcome !== 'stored') throw new Error(`a new bounce was ${outcome}`);
}
