import { startOf, widthOf, type Width } from './bucket-width.js';
import type { Booking } from './counts.js';
import { dimensionsOf } from './dimension.js';
import { COUNTERS, type Counter } from './reputation-bucket.entity.js';

/** What to add to one bucket. */
export interface BucketDelta {
  dimension: string;
  /** Milliseconds since the epoch. */
  start: number;
  minutes: number;
  counts: Partial<Record<Counter, number>>;
}

/** What to add to which bucket: one entry a bucket, however many bookings went into it. */
export class BucketDeltas {
  private readonly byKey = new Map<string, BucketDelta>();

  get size(): number {
    return this.byKey.size;
  }

  add({ dimension, start, minutes, counts }: BucketDelta): void {
    const key = `${minutes} ${start} ${dimension}`;
    const found = this.byKey.get(key);
    if (!found) {
      this.byKey.set(key, { dimension, start, minutes, counts: { ...counts } });
      return;
    }
    for (const counter of COUNTERS) {
      const more = counts[counter];
      if (more) found.counts[counter] = (found.counts[counter] ?? 0) + more;
    }
  }

  /**
   * Books facts to the minute, hour or day their mail was sent in, for the account and, if it is tagged mail,
   * each of its dimensions. Mail "sent in the future" (a clock that is ahead) is sent now.
   *
   * @param atLeast narrowest width to book to
   */
  book(bookings: readonly Booking[], now: number, atLeast: Width = 1): void {
    for (const booking of bookings) {
      const at = Math.min(booking.sentAt.getTime(), now);
      const minutes = Math.max(widthOf(now - at), atLeast);
      for (const dimension of dimensionsOf(booking)) {
        this.add({ dimension, start: startOf(at, minutes), minutes, counts: booking.counts });
      }
    }
  }

  /** Adds up to `most` entries to others, and takes them out of these. */
  moveTo(others: BucketDeltas, most: number): void {
    let moved = 0;
    for (const [key, delta] of this.byKey) {
      if (moved++ === most) return;
      others.add(delta);
      this.byKey.delete(key);
    }
  }

  /** The dimensions, in the order they came. */
  dimensions(): string[] {
    return [...new Set(Array.from(this.byKey.values(), ({ dimension }) => dimension))];
  }

  /** The same with other names of dimensions; what then has the same name adds up. */
  renamed(names: ReadonlyMap<string, string>): BucketDeltas {
    if (names.size === 0) return this;
    const renamed = new BucketDeltas();
    for (const delta of this.byKey.values()) {
      renamed.add({ ...delta, dimension: names.get(delta.dimension) ?? delta.dimension });
    }
    return renamed;
  }

  clear(): void {
    this.byKey.clear();
  }

  /** All entries, in the order in which every writer takes its locks. */
  sorted(): BucketDelta[] {
    return [...this.byKey.values()].toSorted(
      (a, b) => compare(a.dimension, b.dimension) || a.start - b.start || a.minutes - b.minutes,
    );
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
