import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Leadership } from '../libs/ses-reputation/src/leadership/leadership.js';
import { ReputationState } from '../libs/ses-reputation/src/reputation/reputation-state.entity.js';
import { SesSimulator } from '../libs/ses-reputation/src/testing/index.js';
import { Said, startInHaste } from './support/background-app.js';
import { sqlite, type TestDatabase } from './support/databases.js';
import { until } from './support/sns-harness.js';

/** One wait for a lock, which stops the process: far longer than anything else does. */
const BUSY_MS = 20_000;
const DRIVER = createRequire(import.meta.url).resolve('better-sqlite3');

/** Another process that holds a lock until its input ends. */
async function locked(file: string, mode: string): Promise<ChildProcess> {
  const script = `
    const database = new (require(${JSON.stringify(DRIVER)}))(${JSON.stringify(file)});
    database.exec('BEGIN ${mode}');
    console.log('locked');
    process.stdin.resume().on('end', () => database.exec('ROLLBACK'));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

/** The longest time in which no timer could run. */
function longestBlock(): { end: () => number } {
  let last = performance.now();
  let longest = 0;
  const look = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 5);
  return {
    end: () => {
      clearInterval(timer);
      look();
      return longest;
    },
  };
}

describe('background work on a SQLite file that another process has locked', () => {
  let database: TestDatabase;
  let simulator: SesSimulator;
  let app: INestApplication;
  let said: Said;

  beforeEach(async () => {
    database = await sqlite();
    simulator = await SesSimulator.start();
    said = new Said();
    app = await startInHaste({ ...database.options, timeout: BUSY_MS }, simulator, {
      background: { leaseMs: 2_000 },
      logger: said,
      limits: { questionMs: 30_000, open: 3 },
    });
  });
  afterEach(async () => {
    await app.close();
    await simulator.stop();
    await database.drop();
  });

  it.each([
    ['IMMEDIATE', ['The lease', 'The check']],
    ['EXCLUSIVE', ['The lease', 'Paused streams']],
  ])('does not stop the host (BEGIN %s), and goes on afterwards', async (mode, meets) => {
    const leads = () => app.get(Leadership).token !== null;
    const { manager } = app.get(DataSource);
    const version = async () => (await manager.find(ReputationState))[0]?.version ?? 0;
    await until(leads);
    while ((await version()) === 0) await sleep(10);
    const locker = await locked(String(database.options.database), mode);
    const block = longestBlock();
    for (const what of meets) await until(() => said.of(what).length > 0);
    await until(() => !leads());
    expect(block.end()).toBeLessThan(BUSY_MS);
    expect(await manager.query('PRAGMA busy_timeout')).toEqual([{ timeout: BUSY_MS }]);
    locker.stdin!.end();
    await once(locker, 'exit');
    const before = await version();
    await until(leads);
    while ((await version()) === before) await sleep(10);
  });
});
