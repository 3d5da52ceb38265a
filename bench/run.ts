import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { check } from './check.js';
import { compare, type Compare, type ComparisonResult } from './harness/compare.js';
import type { Facts, Tell } from './harness/facts.js';
import { factsTable, tableOf, targetsTable } from './harness/table.js';
import { http } from './http.js';
import { importCost } from './import-cost.js';
import { importList } from './import.js';
import { ingest } from './ingest.js';
import { rate } from './rate.js';
import { report } from './report.js';
import { retention } from './retention.js';
import { sendMany } from './send-many.js';
import { send } from './send.js';
import { sizes } from './sizes.js';
import { dropAll } from './support/databases.js';
import { targetsOf } from './targets.js';
import { validate } from './validate.js';

interface BenchOptions {
  /** Where the size of a table matters: how many rows. */
  rows?: number;
}

const BENCHMARKS: Record<string, (compare: Compare, tell: Tell, options: BenchOptions) => Promise<void>> = {
  validate,
  ingest,
  http,
  send,
  'send-many': sendMany,
  rate,
  check,
  report,
  retention,
  import: importList,
  'import-cost': importCost,
  sizes,
};

const USAGE = `npm run bench -- [${Object.keys(BENCHMARKS).join('|')} ...] [--rounds 5] [--rows n] [--json]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    // For benchmarks of a table whose size matters: `check`, `import`.
    rows: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const rows = values.rows === undefined ? undefined : Number(values.rows);
const unknown = positionals.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) stop(`there is no benchmark ${unknown.join(', ')}`);
if (!Number.isInteger(rounds) || rounds < 5 || rounds % 2 === 0)
  stop('--rounds takes an odd number from 5 on');
if (rows !== undefined && !(Number.isInteger(rows) && rows >= 1_000 && rows % 1_000 === 0))
  stop('--rows takes whole thousands');

const chosen = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
const results: ComparisonResult[] = [];
const facts: Facts[] = [];
try {
  for (const name of chosen) await BENCHMARKS[name]!(measured, told, { rows });
} finally {
  await dropAll();
}
const targets = targetsOf(chosen, results);
if (values.json) {
  const machine = { node: process.version, cores: cpus().length };
  process.stdout.write(`${JSON.stringify({ machine, results, facts, targets }, null, 2)}\n`);
} else if (targets.length > 0) {
  show(targetsTable(targets));
}

async function measured(comparison: Parameters<Compare>[0]): Promise<ComparisonResult> {
  const result = await compare(comparison, rounds);
  results.push(result);
  show(tableOf(result));
  return result;
}

function told(some: Facts): void {
  facts.push(some);
  show(factsTable(some));
}

function show(table: string): void {
  if (!values.json) process.stdout.write(`${table}\n\n`);
}

function stop(reason: string): never {
  process.stderr.write(`${reason}\n${USAGE}\n`);
  process.exit(2);
}
