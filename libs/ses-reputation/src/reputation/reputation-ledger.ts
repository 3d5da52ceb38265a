import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { Store } from '../store/store.js';
import { BucketDeltas } from './bucket-delta.js';
import { addToBuckets } from './bucket-sql.js';
import type { Width } from './bucket-width.js';
import type { Booking } from './counts.js';
import { DimensionPlaces } from './dimension-places.js';

const BUCKETS_A_TRANSACTION = 1_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
/** So many buckets may wait in memory to the minute, and twice as many in all before they are by the day. */
const BACKLOG = 20_000;

/** Adds to the counts from which every rate is taken. */
@Injectable()
export class ReputationLedger implements OnApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private readonly waiting = new BucketDeltas();
  private writing: Promise<void> | null = null;
  private retry: NodeJS.Timeout | null = null;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly places: DimensionPlaces,
  ) {}

  /** Books facts in the transaction that stores them. Book all of a transaction's facts in one call. */
  async book(tx: EntityManager, bookings: readonly Booking[]): Promise<void> {
    const deltas = new BucketDeltas();
    deltas.book(bookings, this.clock.now());
    await this.write(tx, deltas);
  }

  /**
   * Books mail that went out. Never throws and never waits: what comes while a write runs goes into the next
   * one, and what the database did not take is kept and tried again.
   */
  bookSent(bookings: readonly Booking[]): void {
    this.waiting.book(bookings, this.clock.now(), this.narrowest());
    if (!this.retry && !this.writing) this.start();
  }

  /**
   * Resolves when everything that `bookSent` was given before is written.
   *
   * @throws StoreUnavailableError if the database does not take it; it is tried again later
   */
  async flush(): Promise<void> {
    if (!this.writing && this.waiting.size === 0) return;
    this.stopRetry();
    this.writing ??= this.writeAll();
    await this.writing;
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    this.stopRetry();
    await this.flush().catch((error: unknown) => {
      this.logger.error(`Mail that was sent is missing from the rates: ${String(error)}`);
    });
  }

  /** Writes without anyone waiting for it; a failure has set the time of the next attempt. */
  private start(): void {
    this.flush().catch(() => undefined);
  }

  /** Also writes what comes while it runs. */
  private async writeAll(): Promise<void> {
    const batch = new BucketDeltas();
    try {
      while (this.waiting.size > 0) {
        this.waiting.moveTo(batch, BUCKETS_A_TRANSACTION);
        await this.store.transaction((tx) => this.write(tx, batch));
        batch.clear();
      }
      this.failures = 0;
    } catch (error) {
      batch.moveTo(this.waiting, Infinity);
      this.tryLater(error);
      throw error;
    } finally {
      // In the same turn as the loop's end: nothing can come in between and wait for a write that is over.
      this.writing = null;
    }
  }

  private async write(tx: EntityManager, deltas: BucketDeltas): Promise<void> {
    const elsewhere = await this.places.assign(tx, deltas.dimensions());
    await addToBuckets(tx, this.store.dialect, deltas.renamed(elsewhere).sorted());
  }

  private tryLater(error: unknown): void {
    if (this.closed) return;
    if (this.failures === 0) this.logger.warn(`Counts of sent mail wait for the database: ${String(error)}`);
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.failures++, LONGEST_RETRY_MS);
    this.retry = setTimeout(() => this.start(), delayMs);
    this.retry.unref();
  }

  private stopRetry(): void {
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
  }

  /** The longer the database is away, the coarser what waits for it, so that memory stays bounded. */
  private narrowest(): Width {
    if (this.waiting.size < BACKLOG) return 1;
    return this.waiting.size < 2 * BACKLOG ? 60 : 1440;
  }
}
