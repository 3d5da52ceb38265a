#!/usr/bin/env node
import { runCli } from './run-cli.js';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

runCli(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  signal: stopping.signal,
}).then(
  (code) => void (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`ses-reputation: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
