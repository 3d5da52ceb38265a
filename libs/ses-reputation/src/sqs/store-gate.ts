import { BackOff } from './back-off.js';

/** Closed while the database is away, so that nothing is received which could not be stored. */
export class StoreGate {
  private readonly backOff = new BackOff();
  private opening: Promise<void> | null = null;

  /**
   * @param ask resolves if the database answers
   * @param signal opens the gate for good
   */
  constructor(
    private readonly ask: () => Promise<unknown>,
    private readonly signal: AbortSignal,
  ) {}

  /** Resolves once the database answers, as far as is known. Never rejects. */
  async answers(): Promise<void> {
    await this.opening;
  }

  worked(): void {
    this.backOff.worked();
  }

  /** Nothing of a batch could be stored. */
  failed(): void {
    this.backOff.failed();
    this.opening ??= this.open().finally(() => (this.opening = null));
  }

  private async open(): Promise<void> {
    for (;;) {
      await this.backOff.wait(this.signal);
      if (this.signal.aborted) return;
      try {
        await this.ask();
        return;
      } catch {
        this.backOff.failed();
      }
    }
  }
}
