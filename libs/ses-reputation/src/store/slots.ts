interface Waiting {
  start: () => void;
}

/** Lets so many pieces of work run at a time; the others wait for their turn. */
export class Slots {
  private running = 0;
  private readonly queue = new Set<Waiting>();

  constructor(private readonly most: number) {}

  /** @param signal takes work that has not begun out of the queue: what was returned stays pending then */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = () => this.queue.delete(waiting);
      const waiting = {
        start: () => {
          signal.removeEventListener('abort', leave);
          this.running++;
          work()
            .then(resolve, reject)
            .finally(() => this.end());
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.queue.add(waiting);
      this.next();
    });
  }

  private end(): void {
    this.running--;
    this.next();
  }

  private next(): void {
    for (const waiting of this.queue) {
      if (this.running >= this.most) return;
      this.queue.delete(waiting);
      waiting.start();
    }
  }
}
