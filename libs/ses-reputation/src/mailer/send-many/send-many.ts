import { setMaxListeners } from 'node:events';
import { streamsIn } from '../check-message.js';
import { SendCancelledError } from '../errors.js';
import { closeStream } from '../read-stream.js';
import { asBulkMessage } from './bulk-message.js';
import { Dispatcher, failedReceipt } from './dispatcher.js';
import { Line } from './line.js';
import { LookUps } from './look-ups.js';
import { Puller } from './puller.js';
import { ProgressReport } from './progress-report.js';
import type { MessageSource, ReadSendManyOptions, SendManyReceipt } from './send-many-options.js';
import type { Ready, Slot } from './slot.js';
import type { SendSteps } from './steps.js';

/** A full bulk call: a source is asked for so many at once, so that a slow taker of receipts does not make small calls. */
const REFILL = 50;

/** Sends the messages of a source, and gives their receipts in its order. */
export async function* sendMany(
  source: MessageSource,
  options: ReadSendManyOptions,
  steps: SendSteps,
): AsyncGenerator<SendManyReceipt, void, undefined> {
  options.signal?.throwIfAborted();
  const run = new SendRun(source, options, steps);
  const progress = new ProgressReport(options.onProgress);
  try {
    for (let receipt = await run.next(); receipt; receipt = await run.next()) {
      progress.count(receipt);
      yield receipt;
    }
    progress.end();
    run.throwIfCut();
  } finally {
    await run.leave();
  }
}

class SendRun {
  private readonly line = new Line();
  private readonly puller: Puller;
  private readonly lookUps: LookUps;
  private readonly dispatcher: Dispatcher;
  private readonly stopping = new AbortController();
  /** Why nothing more is sent, once that is so. */
  private stopped: { reason: unknown } | null = null;
  /** The stop came before the end: messages were not sent, or not even taken. */
  private cut = false;
  private over = false;
  private closed: Promise<void> | null = null;
  private readonly removeListeners: () => void;

  constructor(
    source: MessageSource,
    private readonly options: ReadSendManyOptions,
    private readonly steps: SendSteps,
  ) {
    const { signal } = this.stopping;
    setMaxListeners(0, signal);
    this.puller = new Puller(source, {
      room: () => this.line.length < options.concurrency * 2,
      take: (given) => this.take(given),
      ended: () => this.moved(),
      late: close,
    });
    this.lookUps = new LookUps(steps, {
      found: (ready) => (this.stopped ? this.cancel(ready) : this.dispatcher.add(ready)),
      failed: (ready, error) => this.fail(ready, error),
    });
    this.dispatcher = new Dispatcher(steps, options.concurrency, signal, {
      settle: (slot, receipt) => this.settle(slot, receipt),
      fail: (ready, error) => this.fail(ready, error),
      moreMayCome: () => this.puller.waiting || this.lookUps.busy,
      lookAgain: (ready) => this.lookUps.add(ready),
    });
    this.removeListeners = this.listen();
    this.puller.pull();
  }

  /** The next receipt in the order of input, or `null` if there is none any more. */
  async next(): Promise<SendManyReceipt | null> {
    for (;;) {
      const receipt = this.line.take();
      if (receipt) {
        this.refill();
        return receipt;
      }
      if (this.line.length === 0 && (this.stopped || this.puller.outcome)) {
        this.over = true;
        return null;
      }
      await this.line.change();
    }
  }

  /** @throws what the source threw, or why the run was stopped before its end */
  throwIfCut(): void {
    if (this.stopped && this.cut) throw this.stopped.reason;
    const { outcome } = this.puller;
    if (outcome && 'error' in outcome) throw outcome.error;
  }

  /** Nobody takes receipts any more: nothing more is sent, and what is at SES gets its answer. */
  async leave(): Promise<void> {
    this.removeListeners();
    if (this.over) return;
    this.stop(new Error('the receipts were not taken to the end'));
    await this.dispatcher.idle();
    await this.closed;
  }

  private listen(): () => void {
    const { signal } = this.options;
    const { closing } = this.steps;
    const onAbort = () => this.stop(signal!.reason);
    const onClosing = () => this.stop(new SendCancelledError('the application began to close'));
    signal?.addEventListener('abort', onAbort);
    // What the host sends from its own shutdown is sent, without waiting for another attempt.
    if (closing.aborted) this.stopping.abort();
    else closing.addEventListener('abort', onClosing);
    return () => {
      signal?.removeEventListener('abort', onAbort);
      closing.removeEventListener('abort', onClosing);
    };
  }

  private stop(reason: unknown): void {
    if (this.stopped) return;
    this.stopped = { reason };
    this.cut = this.puller.outcome === null;
    this.closed = this.puller.stop();
    this.closed.catch(() => undefined);
    this.stopping.abort();
    this.cancel([...this.lookUps.cancel(), ...this.dispatcher.cancel()]);
    this.line.changed();
  }

  private cancel(ready: Ready[]): void {
    if (ready.length > 0) this.cut = true;
    const { reason } = this.stopped!;
    const error =
      reason instanceof SendCancelledError
        ? reason
        : new SendCancelledError('sendMany was stopped', { cause: reason });
    for (const { slot } of ready) this.settle(slot, failedReceipt(error));
  }

  private refill(): void {
    const { concurrency } = this.options;
    if (this.line.length <= concurrency * 2 - Math.min(REFILL, concurrency)) this.puller.pull();
  }

  private take(given: unknown): void {
    const slot = this.line.add(given);
    try {
      const message = this.steps.check(given);
      const bulk = asBulkMessage(message);
      const receipt = message.idempotencyKey === null ? this.steps.hold(message) : null;
      const ready: Ready = { slot, message, bulk, gate: null, since: performance.now() };
      if (receipt) this.settle(slot, receipt);
      else if (message.idempotencyKey === null) this.lookUps.add(ready);
      else this.dispatcher.add([ready]);
    } catch (error) {
      this.settle(slot, failedReceipt(error));
    }
  }

  private fail({ slot, message }: Ready, error: unknown): void {
    // It waited for its turn when the run was stopped.
    if (this.stopped && error instanceof SendCancelledError) this.cut = true;
    this.steps.failed(message, error);
    this.settle(slot, failedReceipt(error));
  }

  private settle(slot: Slot, receipt: SendManyReceipt): void {
    close(slot.given);
    this.line.settle(slot, receipt);
  }

  /** The source has ended: what waits for more need not. */
  private moved(): void {
    this.line.changed();
    this.dispatcher.run();
  }
}

/** Streams that were never read, of a refused message too, hold a file or a socket open. */
function close(given: unknown): void {
  try {
    streamsIn(given).forEach(closeStream);
  } catch {
    // Something that throws when it is looked at has its receipt by now.
  }
}
