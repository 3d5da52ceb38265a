import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** Amazon allows one call a second of everything but sending, for the account and region. */
const INTERVAL_MS = 1_000;
/** So often a call that waits is overtaken. Where a check is made every second it would be for ever. */
const MOST_OVERTAKEN = 2;

/** The calls of this process to SES's API, apart from sending: one at a time, a second apart. */
@Injectable()
export class ApiPace {
  private last: Promise<unknown> = Promise.resolve();
  private ahead: Promise<void> = Promise.resolve();
  private next = Number.NEGATIVE_INFINITY;

  /**
   * Runs `call` when its turn has come. The second is counted from the answer before, since a request that was
   * long on its way arrives closer to the one behind it than it left.
   *
   * @throws what `signal` was aborted with while it waited, and what `call` throws
   */
  run<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const mine = this.last.then(async () => {
      await this.turn(signal);
      try {
        return await call();
      } finally {
        this.next = this.monotonicMs() + INTERVAL_MS;
      }
    });
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /** Makes `call` at once, repeats of its own included, while those that wait for their turn wait for it too. */
  first<T>(call: () => Promise<T>): Promise<T> {
    const made = call();
    this.ahead = this.ended(this.ahead, made);
    return made;
  }

  /** @throws what `signal` was aborted with */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }

  private async ended(before: Promise<void>, made: Promise<unknown>): Promise<void> {
    await made.catch(() => undefined);
    this.next = this.monotonicMs() + INTERVAL_MS;
    await before;
  }

  private async turn(signal: AbortSignal | undefined): Promise<void> {
    for (let overtaken = 0; ; overtaken++) {
      signal?.throwIfAborted();
      const { ahead } = this;
      await ahead;
      if (overtaken === MOST_OVERTAKEN) return;
      const waitMs = this.next - this.monotonicMs();
      if (waitMs > 0) await this.pause(waitMs, signal);
      if (this.ahead === ahead) return;
    }
  }

  /** Milliseconds on a clock that nobody sets. */
  protected monotonicMs(): number {
    return performance.now();
  }
}
