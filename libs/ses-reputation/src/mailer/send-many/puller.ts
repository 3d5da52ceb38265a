import type { MessageSource } from './send-many-options.js';

export interface PullerHost {
  /** Whether another message may be taken now. */
  room(): boolean;
  take(given: unknown): void;
  /** The source has ended, or thrown: nothing more comes. */
  ended(): void;
  /** Came after the stop: nobody will send it. */
  late(given: unknown): void;
}

/** Takes messages from a source as long as there is room for them. */
export class Puller {
  private readonly iterator: Iterator<unknown> | AsyncIterator<unknown>;
  private pulling = false;
  private stepping = false;
  private stopped = false;
  private end: { error?: unknown } | null = null;

  constructor(
    source: MessageSource,
    private readonly host: PullerHost,
  ) {
    this.iterator = isAsync(source) ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** The source is asked, and has not answered. */
  get waiting(): boolean {
    return this.pulling && !this.stopped;
  }

  /** How the source ended, if it did. */
  get outcome(): { error?: unknown } | null {
    return this.end;
  }

  pull(): void {
    if (!this.pulling && !this.stopped && !this.end) void this.run();
  }

  /**
   * Takes nothing more, and tells the source so.
   *
   * @throws what the source throws as it is closed
   */
  async stop(): Promise<void> {
    if (this.stopped || this.end) return;
    this.stopped = true;
    // A generator that stops the run itself can't be closed before it has answered.
    if (this.stepping) await Promise.resolve();
    const closing = this.iterator.return?.();
    // One that is asked at this moment closes when it has answered, and that may be never.
    if (this.pulling) Promise.resolve(closing).catch(() => undefined);
    else await closing;
  }

  private step(): IteratorResult<unknown> | Promise<IteratorResult<unknown>> {
    this.stepping = true;
    try {
      return this.iterator.next();
    } finally {
      this.stepping = false;
    }
  }

  /** A list of promises ends with the first that rejects, and is told so. */
  private async settled(value: PromiseLike<unknown>): Promise<unknown> {
    try {
      return await value;
    } catch (error) {
      await new Promise((resolve) => resolve(this.iterator.return?.())).catch(() => undefined);
      throw error;
    }
  }

  private async run(): Promise<void> {
    this.pulling = true;
    try {
      while (!this.stopped && this.host.room()) {
        let step = this.step();
        // A list is taken without a pause: a pause for each message costs as much as the rest of it.
        if (isPromise(step)) step = await step;
        if (step.done) {
          this.end = {};
          break;
        }
        const given = isPromise(step.value) ? await this.settled(step.value) : step.value;
        if (this.stopped) this.host.late(given);
        else this.host.take(given);
      }
    } catch (error) {
      this.end = { error };
    } finally {
      this.pulling = false;
    }
    if (this.end && !this.stopped) this.host.ended();
  }
}

function isAsync(source: MessageSource): source is Extract<MessageSource, AsyncIterable<unknown>> {
  return typeof (source as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function';
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Partial<Promise<T>> | null | undefined)?.then === 'function';
}
