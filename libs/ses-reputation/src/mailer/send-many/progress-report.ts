import type { SendManyProgress, SendManyReceipt } from './send-many-options.js';

const EVERY_MS = 250;

/** Counts receipts, and tells of them now and then. */
export class ProgressReport {
  private readonly counts = { done: 0, sent: 0, partial: 0, suppressed: 0, paused: 0, failed: 0 };
  private toldAt = performance.now();

  constructor(private readonly tell?: (progress: SendManyProgress) => void) {}

  count({ status }: SendManyReceipt): void {
    this.counts.done++;
    this.counts[status]++;
    if (!this.tell) return;
    const now = performance.now();
    if (now - this.toldAt < EVERY_MS) return;
    this.toldAt = now;
    this.tell({ ...this.counts });
  }

  end(): void {
    this.tell?.({ ...this.counts });
  }
}
