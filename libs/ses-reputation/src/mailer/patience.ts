/** So many questions to the database may be open at a time, of a host's pool of 10 (the drivers' default). */
const MOST_OPEN = 4;
/** Beyond so many without an answer, the database hangs, and nobody need wait to learn it. */
const MOST_ABANDONED = 2;

interface Waiting {
  start: () => void;
  giveUp: (why: string) => void;
}

/**
 * Asks the database for no longer than a sender can wait. A question that is given up keeps its connection
 * until the database answers: only a few are ever open, so that the host's own queries find connections left.
 */
export class Patience {
  private open = 0;
  private abandoned = 0;
  private readonly queue = new Set<Waiting>();

  /**
   * @param tooLate gets an answer that came after the time
   * @throws Error if there is no answer within `ms`, or what `ask` throws
   */
  within<T>(ms: number, ask: () => Promise<T>, tooLate?: (answer: T) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      let asked = false;
      let over = false;
      const timer = setTimeout(() => {
        this.queue.delete(waiting);
        waiting.giveUp(`the database has not answered within ${ms} ms`);
        if (asked) this.abandon();
      }, ms);
      timer.unref();
      const waiting: Waiting = {
        start: () => {
          asked = true;
          this.open++;
          Promise.resolve()
            .then(ask)
            .finally(() => {
              clearTimeout(timer);
              this.open--;
              if (over) this.abandoned--;
              this.next();
            })
            .then((answer) => (over ? tooLate?.(answer) : resolve(answer)))
            .catch(reject);
        },
        giveUp: (why) => {
          over = true;
          clearTimeout(timer);
          reject(new Error(why));
        },
      };
      this.queue.add(waiting);
      this.next();
    });
  }

  private abandon(): void {
    this.abandoned++;
    this.next();
  }

  private next(): void {
    for (const waiting of this.queue) {
      if (this.abandoned < MOST_ABANDONED && this.open >= MOST_OPEN) return;
      this.queue.delete(waiting);
      if (this.abandoned < MOST_ABANDONED) waiting.start();
      else waiting.giveUp(`the database has left ${this.abandoned} questions unanswered`);
    }
  }
}
