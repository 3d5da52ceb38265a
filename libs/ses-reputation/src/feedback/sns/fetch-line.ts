import { BoundedMap } from '../bounded-map.js';
import { FeedbackRefusedError } from '../feedback-refused.js';

/** A forger may invent as many certificate names as he likes; only so many are asked for at once, */
const MOST_AT_ONCE = 8;
/** and so many wait for their turn. */
const MOST_WAITING = 100;
const KEPT_TURNED_AWAY = 10_000;

interface Waiting {
  go(): void;
  turnAway(): void;
}

/**
 * Lets fetches take turns. Who was turned away and comes back goes before everybody who is new: SNS tries again
 * with the same certificate, where a forger invents names faster than any line could take them.
 */
export class FetchLine {
  private running = 0;
  private readonly returning = new Set<Waiting>();
  private readonly fresh = new Set<Waiting>();
  private readonly turnedAway = new BoundedMap<string, true>(KEPT_TURNED_AWAY);

  /** @param patienceMs longest wait for a turn */
  constructor(private readonly patienceMs: number) {}

  /** @throws FeedbackRefusedError 503 if there was no turn */
  run<T>(url: string, work: () => Promise<T>): Promise<T> {
    if (this.running >= MOST_AT_ONCE) return this.wait(url).then(() => this.start(work));
    this.running++;
    return this.start(work);
  }

  private async start<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.running--;
      this.next();
    }
  }

  private next(): void {
    const waiting = first(this.returning) ?? first(this.fresh);
    if (!waiting) return;
    this.running++;
    waiting.go();
  }

  private wait(url: string): Promise<void> {
    const line = this.turnedAway.get(url) ? this.returning : this.fresh;
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        line.delete(waiting);
      };
      const waiting: Waiting = {
        go: () => {
          leave();
          this.turnedAway.delete(url);
          resolve();
        },
        turnAway: () => {
          leave();
          this.turnedAway.set(url, true);
          reject(
            new FeedbackRefusedError(503, 'too many unknown signing certificates are asked for at once'),
          );
        },
      };
      // The post that waits keeps the process alive.
      const timer = setTimeout(waiting.turnAway, this.patienceMs).unref();
      line.add(waiting);
      // The newest of the new, unless all have come back: then the newest of those.
      if (this.returning.size + this.fresh.size > MOST_WAITING)
        (last(this.fresh) ?? last(this.returning))!.turnAway();
    });
  }
}

function first<T>(line: Set<T>): T | undefined {
  return line.values().next().value;
}

function last<T>(line: Set<T>): T | undefined {
  return [...line].at(-1);
}
