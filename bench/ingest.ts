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
            measure: () =>
              perSecond(list(BOUNCES, hardBounce), atOnce, (body) =>
                feedback.ingest(body, { source: 'bench' }),
              ),
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
