import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import type { BreakdownRow } from '../libs/ses-reputation/src/reputation/breakdown.js';
import type { ReportQuery } from '../libs/ses-reputation/src/reputation/report-query.js';
import type { WindowReport } from '../libs/ses-reputation/src/reputation/report.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { openDataSource } from './support/open-data-source.js';
import { history, type History } from './support/reference-history.js';
import { emptyTables } from './support/open-data-source.js';
import { runHistory, type HistoryRun } from './support/reference-run.js';

/** HISTORIES=1000 for as many on each database, SEED=... for the same ones again. */
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const BREAKDOWNS = ['stream', 'domain', 'provider', 'configuration-set'] as const;
/** Never mailed: where mail to it would be counted. */
const NEVER = ['domain:never.example', 'stream:never', 'configuration-set:never', 'provider:yahoo'];

function histories(database: string): number {
  const fallback = database === 'SQLite' ? 100 : 30;
  return Number(process.env.HISTORIES ?? fallback);
}

describe.each(databaseKinds())('a brute-force recount on $name', ({ name, create }) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await create();
    dataSource = await openDataSource(database);
    // Nothing here is about a machine that loses its power.
    if (name === 'SQLite') await dataSource.query('PRAGMA synchronous = OFF');
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('agrees with every figure of every report', async () => {
    const numRuns = histories(name);
    let reports = 0;
    await fc.assert(
      fc.asyncProperty(history, async (lived) => {
        await emptyTables(dataSource);
        const run = await runHistory(dataSource, lived);
        const dimensions = ['account', ...new Set([...run.reference.dimensions(), ...NEVER])].filter(
          (dimension, n) => n === 0 || dimension !== 'account',
        );
        for (const dimension of dimensions) {
          for (const at of [run.now, ...timesOf(lived.pasts, run.now)]) {
            await compareReport(run, dimension, at, lived.windowVolume);
            reports++;
          }
        }
        for (const by of BREAKDOWNS) await compareBreakdown(run, by);
      }),
      { numRuns, seed: SEED, endOnFailure: false },
    );
    process.stderr.write(`${name}: ${numRuns} histories, ${reports} reports agree (SEED=${SEED})\n`);
  }, 1_800_000);
});

function timesOf(pasts: History['pasts'], now: number): number[] {
  return pasts
    .map(({ ms, toTheMinute }) => (toTheMinute ? Math.floor((now - ms) / 60_000) * 60_000 : now - ms))
    .filter((at) => at < now);
}

async function compareReport(
  { reference, service, now }: HistoryRun,
  dimension: string,
  at: number,
  windowVolume: number,
): Promise<void> {
  const isPast = at < now;
  const query = queryOf(dimension);
  const report = await service.report(isPast ? { ...query, at: new Date(at) } : query);
  const { countedAs, level, window, windows, unaccounted } = report;
  const metric = (name: 'bounce' | 'complaint') => {
    const { rate, count, volume, level, headroom } = report[name];
    return { rate, count, volume, level, headroom };
  };
  const figures = { bounce: metric('bounce'), complaint: metric('complaint'), windows, unaccounted };
  expect({ dimension, at, countedAs, level, window, ...figures }).toEqual({
    dimension,
    at,
    ...reference.report(dimension, at, isPast),
  });
  // The window holds the volume, or all there is, and less than its oldest bucket too much.
  const counted = reference.countedIn(dimension);
  const all = reference.heldInAll(counted, isPast ? at - 1 : at);
  expect(window.volume).toBeGreaterThanOrEqual(Math.min(windowVolume, all));
  if (window.volume > 0) {
    const oldest = reference.heldFrom(counted, window.from.getTime());
    expect(window.volume - oldest).toBeLessThan(windowVolume);
  }
}

async function compareBreakdown(
  { reference, service, now }: HistoryRun,
  by: (typeof BREAKDOWNS)[number],
): Promise<void> {
  for (const window of ['24h', '7d', '30d'] as const) {
    const rows = await service.breakdown({ by, window });
    const names = reference.dimensions().filter((dimension) => dimension.startsWith(`${by}:`));
    const recounted = names
      .map((dimension) => rowOf(dimension, reference.report(dimension, now, false).windows[window]))
      .toSorted((a, b) => b.volume - a.volume || (a.name < b.name ? -1 : 1));
    expect({ by, window, rows: rows.filter(hasMail) }).toEqual({
      by,
      window,
      rows: recounted.filter(hasMail),
    });
    for (const row of rows) expect(recounted).toContainEqual(row);
  }
}

function rowOf(dimension: string, figures: WindowReport): BreakdownRow {
  const name = dimension.slice(dimension.indexOf(':') + 1);
  return { name, other: name === '(other)', ...figures };
}

function hasMail({ volume }: BreakdownRow): boolean {
  return volume > 0;
}

function queryOf(dimension: string): ReportQuery {
  const [kind, ...name] = dimension.split(':');
  if (name.length === 0) return {};
  return { [kind === 'configuration-set' ? 'configurationSet' : kind!]: name.join(':') };
}
