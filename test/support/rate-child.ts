import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { RateOrders } from './rate-process.js';
import { until } from './sns-harness.js';

const HOOKS = new URL('ts-hooks.mjs', import.meta.url).href;
const PROCESS = new URL('rate-process.ts', import.meta.url).pathname;

/** A process that sends without end, and what it has said so far. */
export class RateChild {
  readonly said: Record<string, unknown>[] = [];
  private readonly ended: Promise<unknown>;
  private errors = '';
  private readonly child;

  constructor(orders: RateOrders) {
    this.child = spawn(process.execPath, [
      '--no-warnings',
      '--import',
      HOOKS,
      PROCESS,
      JSON.stringify(orders),
    ]);
    this.child.stderr.on('data', (chunk) => (this.errors += String(chunk)));
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.said.push(JSON.parse(line) as Record<string, unknown>);
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => signal ?? code);
  }

  /** @throws if it ends without */
  async started(): Promise<void> {
    let end: unknown;
    void this.ended.then((how) => (end = how));
    await until(() => this.of('started').length > 0 || end !== undefined);
    if (end !== undefined) throw new Error(`it ended by ${String(end)}: ${this.errors}`);
  }

  of(what: string): unknown[] {
    return this.said.flatMap((line) => line[what] ?? []);
  }

  kill(): Promise<unknown> {
    this.child.kill('SIGKILL');
    return this.ended;
  }
}
