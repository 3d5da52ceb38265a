/** Batches on their way to the database: a few at once, but none beside another that names the same address. */
export class ImportWrites<T extends { key: string }> {
  private readonly underWay = new Map<Promise<void>, ReadonlySet<string>>();
  private failed: { error: unknown } | null = null;

  constructor(
    private readonly write: (batch: T[]) => Promise<void>,
    private readonly atOnce: number,
  ) {}

  /**
   * Begins to write a batch as soon as it may.
   *
   * @throws what a batch before it failed with, or `signal` was aborted with: it is not begun then
   */
  async add(batch: T[], signal?: AbortSignal): Promise<void> {
    const keys = new Set(batch.map(({ key }) => key));
    while (this.underWay.size >= this.atOnce || this.names(keys)) await Promise.race(this.underWay.keys());
    this.throwIfFailed();
    signal?.throwIfAborted();
    const writing: Promise<void> = this.write(batch)
      .catch((error: unknown) => void (this.failed ??= { error }))
      .finally(() => this.underWay.delete(writing));
    this.underWay.set(writing, keys);
  }

  /** Resolves when nothing is being written any more, whatever became of it. */
  async idle(): Promise<void> {
    await Promise.all(this.underWay.keys());
  }

  throwIfFailed(): void {
    if (this.failed) throw this.failed.error;
  }

  private names(keys: ReadonlySet<string>): boolean {
    for (const others of this.underWay.values()) for (const key of keys) if (others.has(key)) return true;
    return false;
  }
}
