import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Compare, Contender } from './harness/compare.js';

const ROOT = new URL('../../../', import.meta.url);
const OURS = new URL('../libs/ses-reputation/src/index.js', import.meta.url).href;
const run = promisify(execFile);

interface Cost {
  /** Until the import is done. */
  ms: number;
  /** Heap that stays. */
  mib: number;
}

/** What importing the package costs a process beside what importing its peers costs it. */
export async function importCost(compare: Compare): Promise<void> {
  const { peerDependencies } = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')) as {
    peerDependencies: Record<string, string>;
  };
  const peers = Object.keys(peerDependencies);
  const contenders = (figure: keyof Cost): Contender[] => [
    {
      name: 'nestjs-ses-reputation, peers included',
      role: 'ours',
      measure: async () => (await costOf([OURS]))[figure],
    },
    { name: 'its peers alone', role: 'peer', measure: async () => (await costOf(peers))[figure] },
  ];
  await compare({ title: 'import-cost: time', unit: 'ms', better: 'less', contenders: contenders('ms') });
  await compare({ title: 'import-cost: heap', unit: 'MiB', better: 'less', contenders: contenders('mib') });
}

async function costOf(modules: string[]): Promise<Cost> {
  const script = `
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    const start = performance.now();
    for (const name of ${JSON.stringify(modules)}) await import(name);
    const ms = performance.now() - start;
    globalThis.gc();
    const mib = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    console.log(JSON.stringify({ ms, mib }));
  `;
  const { stdout } = await run(process.execPath, ['--expose-gc', '--input-type=module', '--eval', script], {
    cwd: fileURLToPath(ROOT),
  });
  return JSON.parse(stdout) as Cost;
}
