import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long to wait after so many failures in a row, spread so that instances don't all come back at once. */
export class BackOff {
  private failures = 0;

  failed(): void {
    this.failures++;
  }

  worked(): void {
    this.failures = 0;
  }

  /** At once if the last try worked, or the signal says so. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.failures === 0) return;
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (this.failures - 1));
    const ms = longest * (0.5 + Math.random() / 2);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}
