/** Mail that leaves close together may arrive closer still: a second is taken for a little more. */
const SECOND_MS = 1_020;
/** Entries of so many milliseconds are one. */
const SLOT_MS = 5;
const COMPACT_AFTER = 512;
const ROUNDING = 1e-9;

interface Entry {
  at: number;
  emails: number;
}

/**
 * No more than so many emails in any second, whenever it begins. A rate of less than one whole email a second has a
 * longer window: 0.3 a second is one in 3.3 seconds.
 */
export class SlidingWindow {
  private readonly entries: Entry[] = [];
  private head = 0;
  private sum = 0;
  private capacity = Number.POSITIVE_INFINITY;
  private spanMs = SECOND_MS;
  /** Emails; `Infinity` for no limit. */
  perSecond = Number.POSITIVE_INFINITY;
  /** Of messages to more than a whole window holds, and since when it is paid for, at the rate there is then. */
  private debt = 0;
  private paidFrom = 0;

  /** @param perSecond emails; `null` for no limit */
  setRate(perSecond: number | null, now: number): void {
    this.owed(now);
    if (perSecond === null) this.debt = 0;
    this.perSecond = perSecond ?? Number.POSITIVE_INFINITY;
    this.capacity = perSecond === null ? Number.POSITIVE_INFINITY : wholeEmails(perSecond);
    this.spanMs = perSecond ? Math.max(1, wholeEmails(perSecond) / perSecond) * SECOND_MS : SECOND_MS;
  }

  /** Emails of a whole window. */
  get most(): number {
    return this.capacity;
  }

  /** Emails of the window that ends now. */
  used(now: number): number {
    while (this.head < this.entries.length && this.entries[this.head]!.at + this.spanMs <= now) {
      this.sum -= this.entries[this.head++]!.emails;
    }
    if (this.head > COMPACT_AFTER) {
      this.entries.splice(0, this.head);
      this.head = 0;
    }
    return this.sum;
  }

  /** Emails of a large message that are still to be paid for. */
  owed(now: number): number {
    if (this.debt > 0 && now > this.paidFrom) {
      const left = this.debt - (this.perSecond * (now - this.paidFrom)) / SECOND_MS;
      this.debt = left > ROUNDING ? left : 0;
      this.paidFrom = now;
    }
    return this.debt;
  }

  /** What is used, a second; and no less than what went in the last one, under a higher rate than now. */
  usedPerSecond(now: number): number {
    const even = (this.used(now) * SECOND_MS) / this.spanMs;
    let last = 0;
    for (let i = this.entries.length - 1; i >= this.head && this.entries[i]!.at + SECOND_MS > now; i--) {
      last += this.entries[i]!.emails;
    }
    return Math.max(even, last, this.owed(now) > 0 ? this.perSecond : 0);
  }

  /** A message to more than a whole window holds goes when the window is empty, and is paid for in those after it. */
  fits(now: number, emails: number): boolean {
    if (this.owed(now) > 0) return false;
    const used = this.used(now);
    return used + emails <= this.capacity || (used === 0 && this.capacity > 0);
  }

  add(now: number, emails: number): void {
    const at = Math.ceil(now / SLOT_MS) * SLOT_MS;
    this.append(at, emails);
    if (this.capacity === 0 || emails <= this.capacity) return;
    if (this.owed(now) === 0) this.paidFrom = at;
    this.debt += emails;
  }

  /** When so many emails fit if nothing is added before; `Infinity`: not at this rate. */
  fitsAt(now: number, emails: number): number {
    if (this.fits(now, emails)) return now;
    if (this.capacity === 0) return Number.POSITIVE_INFINITY;
    const owed = this.owed(now);
    const paidAt = owed > 0 ? Math.max(now, this.paidFrom) + (owed * SECOND_MS) / this.perSecond : now;
    let left = this.used(now);
    let freeAt = now;
    for (let i = this.head; left > 0 && left + emails > this.capacity; i++) {
      left -= this.entries[i]!.emails;
      freeAt = this.entries[i]!.at + this.spanMs;
    }
    return Math.max(freeAt, paidAt);
  }

  private append(at: number, emails: number): void {
    const last = this.entries.length > this.head ? this.entries.at(-1)! : null;
    this.sum += emails;
    if (last && last.at >= at) last.emails += emails;
    else this.entries.push({ at, emails });
  }
}

function wholeEmails(perSecond: number): number {
  // 14 computed from shares may be 14.000000000000002.
  return Math.ceil(perSecond - ROUNDING);
}
