import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { FailedAttempt } from './outbox-table.js';

const AGAIN_MS = 1_000;

interface Outcome {
  delivered?: string;
  failed?: FailedAttempt;
  written: () => void;
}

/** Writes down how attempts ended, many in one transaction, until the database takes it. */
export class Settling {
  private waiting: Outcome[] = [];
  private writing = false;
  private readonly ended = new AbortController();

  constructor(
    private readonly write: (delivered: string[], failed: FailedAttempt[]) => Promise<void>,
    private readonly page: number,
    /** Called when the database does not take it, and with `null` when it does. */
    private readonly complain: (error: unknown) => void,
  ) {}

  /** Resolves when it is written down. */
  delivered(id: string): Promise<void> {
    return this.add({ delivered: id });
  }

  /** Resolves when it is written down. */
  failed(attempt: FailedAttempt): Promise<void> {
    return this.add({ failed: attempt });
  }

  /** What is not written down stays so: it is delivered again. */
  end(): void {
    this.ended.abort();
  }

  private add(outcome: Omit<Outcome, 'written'>): Promise<void> {
    const written = new Promise<void>((resolve) => this.waiting.push({ ...outcome, written: resolve }));
    if (!this.writing) {
      this.writing = true;
      void this.writeAll();
    }
    return written;
  }

  private async writeAll(): Promise<void> {
    // Listeners that don't wait for anything end together.
    await nextTurn();
    while (this.waiting.length > 0 && !this.ended.signal.aborted) {
      const page = this.waiting.slice(0, this.page);
      try {
        await this.write(
          page.flatMap(({ delivered }) => delivered ?? []),
          page.flatMap(({ failed }) => failed ?? []),
        );
      } catch (error) {
        this.complain(error);
        await sleep(AGAIN_MS, undefined, { signal: this.ended.signal, ref: false }).catch(() => undefined);
        continue;
      }
      this.complain(null);
      this.waiting = this.waiting.slice(page.length);
      for (const { written } of page) written();
    }
    this.writing = false;
  }
}
