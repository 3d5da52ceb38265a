import { setImmediate as nextTurn } from 'node:timers/promises';

export interface GroupLimits {
  /** Things a group, */
  group: number;
  /** and how much they may weigh together; one by itself may weigh more. */
  groupWeight: number;
  /** Things that wait or are being written at once. */
  waiting: number;
  /** What they may weigh together. */
  waitingWeight: number;
}

/** Takes a thing back that waits. An AbortSignal would do, but costs as much as all else that waiting does. */
export class Retraction {
  private how: (() => void) | null = null;

  /** Does nothing once its group has begun. */
  retract(): void {
    this.how?.();
  }

  /** @internal for {@link GroupCommit} */
  on(how: () => void): void {
    this.how = how;
  }
}

/** What a {@link GroupCommit} does with its groups. */
export interface GroupWork<T, R> {
  /** Writes things in one transaction, in order. Gives what became of each. */
  commit(things: readonly T[]): Promise<readonly R[]>;
  /** Whether a failure may be the fault of one of them: then the others are tried without it. */
  isOfOne(error: unknown): boolean;
  /** The error for what is refused because too much waits. */
  refusal(): Error;
}

interface Entry<T, R> {
  thing: T;
  weight: number;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Writes what comes one by one in groups: what comes while a group is being written goes into the next one, so
 * that a burst pays for few commits, and what comes alone waits for nothing.
 */
export class GroupCommit<T, R> {
  private readonly queue = new Set<Entry<T, R>>();
  private count = 0;
  private weight = 0;
  private running: Promise<void> | null = null;

  constructor(
    private readonly work: GroupWork<T, R>,
    private readonly limits: GroupLimits,
  ) {}

  /**
   * Resolves after the commit of its group.
   *
   * @param retraction takes it back as long as its group has not begun: the promise stays pending then
   * @throws what {@link GroupWork.refusal} gives if too much waits; what its commit failed with
   */
  add(thing: T, weight: number, retraction?: Retraction): Promise<R> {
    const { waiting, waitingWeight } = this.limits;
    if (this.count >= waiting || (this.count > 0 && this.weight + weight > waitingWeight))
      return Promise.reject(this.work.refusal());
    return new Promise<R>((resolve, reject) => {
      const entry: Entry<T, R> = { thing, weight, resolve, reject };
      this.count++;
      this.weight += weight;
      this.queue.add(entry);
      retraction?.on(() => this.queue.delete(entry) && this.forget(entry));
      this.running ??= this.run();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    try {
      do {
        // What arrives in the same turn of the event loop belongs to the same group.
        await nextTurn();
        await this.write(this.next());
      } while (this.queue.size > 0);
    } finally {
      // In the turn of the loop's end: nothing can come between.
      this.running = null;
    }
  }

  private next(): Entry<T, R>[] {
    const group: Entry<T, R>[] = [];
    let weight = 0;
    for (const entry of this.queue) {
      if (group.length === this.limits.group) break;
      if (group.length > 0 && weight + entry.weight > this.limits.groupWeight) break;
      group.push(entry);
      weight += entry.weight;
      this.queue.delete(entry);
    }
    return group;
  }

  private async write(group: readonly Entry<T, R>[]): Promise<void> {
    if (group.length === 0) return;
    try {
      const results = await this.work.commit(group.map(({ thing }) => thing));
      group.forEach((entry, n) => this.settle(entry, () => entry.resolve(results[n]!)));
    } catch (error) {
      if (group.length === 1 || !this.work.isOfOne(error)) {
        for (const entry of group) this.settle(entry, () => entry.reject(error));
        return;
      }
      // In order, as they came.
      const half = group.length >> 1;
      await this.write(group.slice(0, half));
      await this.write(group.slice(half));
    }
  }

  private settle(entry: Entry<T, R>, how: () => void): void {
    this.forget(entry);
    how();
  }

  private forget({ weight }: Entry<T, R>): void {
    this.count--;
    this.weight -= weight;
  }
}
