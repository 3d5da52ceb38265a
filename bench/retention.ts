import { setImmediate } from 'node:timers/promises';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { FeedbackService } from '../libs/ses-reputation/src/index.js';
import { FeedbackRetention } from '../libs/ses-reputation/src/feedback/feedback-retention.js';
import { givingWay, StoppedError, type GiveWay } from '../libs/ses-reputation/src/store/giving-way.js';
import { HOUSEKEEPING_SHARE } from '../libs/ses-reputation/src/housekeeping.js';
import type { Compare } from './harness/compare.js';
import type { Tell } from './harness/facts.js';
import { startHost } from './support/app.js';
import { hardBounce } from './support/bounces.js';
import { allDatabaseKinds, type BenchDatabase } from './support/databases.js';
import { fillOldFeedback } from './support/old-feedback.js';

const OLD = Number(process.env.RETENTION_ROWS ?? 1_000_000);
/** Of them, those that the one large DELETE of a round removes. */
const AT_ONCE = OLD / 20;
const AHEAD = 16;
const ROUND_MS = 3_000;
const DAY_MS = 86_400_000;

/** How feedback fares meanwhile. */
interface Taken {
  aSecond: number;
  /** Of the event that took the longest. */
  longestMs: number;
}

const FIGURES = [
  { what: 'hard bounces taken in', unit: 'events/s', better: 'more', of: ({ aSecond }: Taken) => aSecond },
  { what: 'the longest wait of one', unit: 'ms', better: 'less', of: ({ longestMs }: Taken) => longestMs },
] as const;

/** Taking feedback in while old feedback is removed. */
export async function retention(compare: Compare, tell: Tell): Promise<void> {
  for (const kind of await allDatabaseKinds()) {
    const longAgo = Date.now() - 200 * DAY_MS;
    const [ours, theirs] = await Promise.all(
      [kind.create(), kind.create()].map(async (each) => hostOn(await each)),
    );
    await fillOldFeedback(ours!.dataSource, kind.name, OLD, longAgo);
    await fillOldFeedback(theirs!.dataSource, kind.name, OLD, longAgo);
    const removed: Removed = { rows: 0, ms: 0, longestMs: 0 };
    let deletes = 0;
    const until = () => longAgo - OLD + ++deletes * AT_ONCE;
    for (const { what, unit, better, of } of FIGURES) {
      await compare({
        title: `retention: ${what} on ${kind.name} while old rows of ${written(OLD)} are removed`,
        unit,
        better,
        contenders: [
          {
            name: 'nestjs-ses-reputation',
            role: 'ours',
            measure: async () => of(await ingestBesideSteps(ours!, removed)),
          },
          {
            name: `one DELETE of ${written(AT_ONCE)} rows`,
            role: 'peer',
            measure: async () => of(await ingestBeside(theirs!, () => inOneGo(theirs!, until()))),
          },
          {
            name: 'nothing is removed',
            role: 'limit',
            measure: async () => of(await ingestBeside(ours!, async () => undefined)),
          },
        ],
      });
    }
    tell({
      title: `retention: what was removed meanwhile on ${kind.name}`,
      columns: ['', 'rows/s', 'longest step, ms'],
      rows: [['nestjs-ses-reputation', (removed.rows * 1_000) / removed.ms, removed.longestMs]],
    });
    for (const host of [ours!, theirs!]) await host.close();
  }
}

/** What our steps did in all rounds. */
interface Removed {
  rows: number;
  ms: number;
  longestMs: number;
}

interface Host {
  feedback: FeedbackService;
  retention: FeedbackRetention;
  dataSource: DataSource;
  close(): Promise<void>;
}

async function hostOn(database: BenchDatabase): Promise<Host> {
  const host = await startHost(database.options, { background: false });
  return {
    feedback: host.get(FeedbackService),
    retention: host.get(FeedbackRetention, { strict: false }),
    dataSource: host.get<DataSource>(getDataSourceToken() as never),
    async close() {
      await host.close();
      await database.drop();
    },
  };
}

/** Until the work beside it has ended, and for {@link ROUND_MS} at the least. */
async function ingestBeside({ feedback }: Host, work: () => Promise<unknown>): Promise<Taken> {
  const state = { isDone: false };
  const began = performance.now();
  const beside = work().finally(() => (state.isDone = true));
  let taken = 0;
  let longestMs = 0;
  const worker = async (): Promise<void> => {
    while (!state.isDone || performance.now() - began < ROUND_MS) {
      const start = performance.now();
      await feedback.ingest(hardBounce(), { source: 'bench' });
      // As posts come: on SQLite nothing else would ever let a timer run.
      await setImmediate();
      longestMs = Math.max(longestMs, performance.now() - start);
      taken++;
    }
  };
  await Promise.all([beside, ...Array.from({ length: AHEAD }, worker)]);
  return { aSecond: (taken * 1_000) / (performance.now() - began), longestMs };
}

/** As the hourly housekeeping does it, ended with the round. */
async function ingestBesideSteps(host: Host, removed: Removed): Promise<Taken> {
  const before = await countOld(host);
  const began = performance.now();
  const paced = givingWay({
    share: HOUSEKEEPING_SHARE,
    mayGoOn: () => performance.now() - began < ROUND_MS,
    signal: new AbortController().signal,
  });
  const timed: GiveWay = (step) =>
    paced(async () => {
      const start = performance.now();
      const result = await step();
      removed.longestMs = Math.max(removed.longestMs, performance.now() - start);
      return result;
    });
  const taken = await ingestBeside(host, () => host.retention.prune(timed).catch(unlessStopped));
  removed.ms += performance.now() - began;
  removed.rows += before - (await countOld(host));
  return taken;
}

function unlessStopped(error: unknown): void {
  if (!(error instanceof StoppedError)) throw error;
}

async function countOld({ dataSource }: Host): Promise<number> {
  const before = Date.now() - 100 * DAY_MS;
  const [row] = await dataSource.query(
    `SELECT COUNT(*) AS n FROM ses_feedback_event WHERE received_at < ${before}`,
  );
  return Number(row.n);
}

function inOneGo({ dataSource }: Host, before: number): Promise<unknown> {
  return dataSource.query(`DELETE FROM ses_feedback_event WHERE received_at < ${before}`);
}

function written(count: number): string {
  return count.toLocaleString('en-US');
}
