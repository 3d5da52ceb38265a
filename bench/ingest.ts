import { NestFactory } from '@nestjs/core';
import { FeedbackService } from '../libs/ses-reputation/src/index.js';
import type { Compare } from './harness/compare.js';
import { perSecond } from './harness/timing.js';
import { NaiveFeedback, naiveModule } from './peers/naive-feedback.js';
import { startHost } from './support/app.js';
import { hardBounce, list } from './support/bounces.js';
import { databaseKinds } from './support/databases.js';

const BOUNCES = 400;

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
    await Promise.all([host.close(), naiveHost.close()]);
    await Promise.all([ours.drop(), theirs.drop()]);
  }
}

/** A repeated event would cost less than it should. */
async function ingestNew(feedback: FeedbackService, body: string): Promise<void> {
  const outcome = await feedback.ingest(body, { source: 'bench' });
  if (outcome !== 'stored') throw new Error(`a new bounce was ${outcome}`);
}
