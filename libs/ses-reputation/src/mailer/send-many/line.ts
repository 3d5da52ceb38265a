import type { SendManyReceipt } from './send-many-options.js';
import type { Slot } from './slot.js';

/** The slots that nobody has taken the receipt of yet, in the order of input. */
export class Line {
  private slots: Slot[] = [];
  /** Those before it are taken; they are cut off now and then, since a shift each would move all the others. */
  private first = 0;
  private wake: (() => void) | null = null;

  get length(): number {
    return this.slots.length - this.first;
  }

  add(given: unknown): Slot {
    const slot: Slot = { receipt: null, given };
    this.slots.push(slot);
    return slot;
  }

  settle(slot: Slot, receipt: SendManyReceipt): void {
    slot.receipt = receipt;
    slot.given = null;
    if (slot === this.slots[this.first]) this.changed();
  }

  /** Something happened that {@link settled} may wait for. */
  changed(): void {
    this.wake?.();
    this.wake = null;
  }

  /** The next receipt in order if it is there. */
  take(): SendManyReceipt | null {
    const receipt = this.slots[this.first]?.receipt ?? null;
    if (receipt === null) return null;
    this.first++;
    if (this.first >= 1_024 || this.first === this.slots.length) {
      this.slots = this.slots.slice(this.first);
      this.first = 0;
    }
    return receipt;
  }

  /** Resolves at the next change. */
  change(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}
