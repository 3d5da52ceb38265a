import { setTimeout as sleep } from 'node:timers/promises';
import { REORDER_WINDOW_MS, type TransportFaults } from './faults.js';
import { post, type AttemptResult, type Post } from './post.js';

export interface RetryPolicy {
  /** All attempts, the first included. */
  attempts: number;
  delayMs: number;
  timeoutMs: number;
}

export interface Delivery extends Post {
  /** Asked before each attempt: false once the subscription is gone. */
  isWanted(): boolean;
  /** Told of every attempt of every copy as it begins; the promise never rejects. */
  onAttempt?(ended: Promise<unknown>): void;
  /** Called once, unless stopped first. */
  onSettled?(outcome: DeliveryOutcome): void;
}

export interface DeliveryOutcome {
  delivered: boolean;
  /** Of the last attempt, if not delivered. */
  reason?: string;
  attempts: number;
}

interface Waiting {
  delivery: Delivery;
  copies: number;
  dueAtMs: number;
}

/**
 * Carries messages to endpoints. For one endpoint they go out in the order they were published: each one's first
 * attempt is over before the next one's begins. Later attempts happen beside the line, so that one bad
 * message does not hold up the rest.
 */
export class Courier {
  private readonly lines = new Map<string, Waiting[]>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private faults: TransportFaults = {};

  constructor(private readonly retry: RetryPolicy) {}

  setFaults(faults: TransportFaults): void {
    this.faults = faults;
  }

  /** After `stop` this does nothing: whoever publishes late in a test's tear-down is not at fault. */
  send(delivery: Delivery): void {
    if (this.stopping.signal.aborted) return;
    const { delayMs = 0, duplicates = 0 } = this.faults;
    const waiting = { delivery, copies: 1 + duplicates, dueAtMs: performance.now() + delayMs };
    const line = this.lines.get(delivery.url);
    if (line) {
      line.push(waiting);
    } else {
      const started = [waiting];
      this.lines.set(delivery.url, started);
      this.track(this.work(delivery.url, started));
    }
  }

  /** Resolves when nothing is on its way, attempts still to come included. */
  async settled(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.settled();
  }

  private track(work: Promise<void>): void {
    // The only way any of this rejects is the abort of stop(), which wants it over and nothing else.
    const tracked = work
      .catch((error: unknown) => {
        if (!this.stopping.signal.aborted) throw error;
      })
      .finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }

  private async work(url: string, line: Waiting[]): Promise<void> {
    while (line.length > 0) {
      for (const { delivery, copies, dueAtMs } of await this.nextBatch(line)) {
        await this.wait(dueAtMs - performance.now());
        await this.deliverCopies(delivery, copies);
      }
    }
    this.lines.delete(url);
  }

  private async nextBatch(line: Waiting[]): Promise<Waiting[]> {
    if (!this.faults.reorder) return line.splice(0, 1);
    await this.wait(Math.max(REORDER_WINDOW_MS, this.faults.delayMs ?? 0));
    return line.splice(0).toReversed();
  }

  private async deliverCopies(delivery: Delivery, copies: number): Promise<void> {
    const firstCopy = { ...delivery, onSettled: undefined };
    await Promise.all([this.begin(delivery), ...(copies > 1 ? [this.begin(firstCopy)] : [])]);
    for (let sent = 2; sent < copies; sent += 1) await this.begin(firstCopy);
  }

  /** The first attempt; further ones, if needed, go on in the background. */
  private async begin(delivery: Delivery): Promise<void> {
    const result = await this.attempt(delivery);
    if (result?.kind === 'failed' && this.retry.attempts > 1 && delivery.isWanted())
      this.track(this.tryAgain(delivery));
    else report(delivery, result, 1);
  }

  private async tryAgain(delivery: Delivery): Promise<void> {
    for (let number = 2; ; number += 1) {
      await this.wait(this.retry.delayMs);
      const result = await this.attempt(delivery);
      if (result?.kind !== 'failed' || number >= this.retry.attempts) {
        report(delivery, result, number);
        return;
      }
    }
  }

  /** Undefined if nobody wants it any more. */
  private async attempt(delivery: Delivery): Promise<AttemptResult | undefined> {
    this.stopping.signal.throwIfAborted();
    if (!delivery.isWanted()) return undefined;
    const attempt = post(delivery, this.retry.timeoutMs, this.stopping.signal);
    delivery.onAttempt?.(attempt);
    const result = await attempt;
    this.stopping.signal.throwIfAborted();
    return result;
  }

  private async wait(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.stopping.signal });
  }
}

function report(delivery: Delivery, result: AttemptResult | undefined, attempts: number): void {
  if (!result)
    delivery.onSettled?.({ delivered: false, reason: 'its subscription is gone', attempts: attempts - 1 });
  else if (result.kind === 'accepted') delivery.onSettled?.({ delivered: true, attempts });
  else delivery.onSettled?.({ delivered: false, reason: result.reason, attempts });
}
