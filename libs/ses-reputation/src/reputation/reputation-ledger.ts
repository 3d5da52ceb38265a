import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { settledWithin } from '../settled-within.js';
import { BackgroundStore } from '../store/background-store.js';
import { BoundedStore } from '../store/bounded-store.js';
import { insertAll, type Insertion } from '../store/insert-rows.js';
import type { Store } from '../store/store.js';
import { BucketDeltas } from './bucket-delta.js';
import { bucketInsertion } from './bucket-sql.js';
import type { Width } from './bucket-width.js';
import type { Booking } from './counts.js';
import { DimensionPlaces } from './dimension-places.js';

const BUCKETS_A_TRANSACTION = 1_000;
/** Mail that goes out one after the other is booked together: this is what a crash may lose of the counts. */
const PAUSE_MS = 200;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
/** An application that closes waits no longer for the database. */
const CLOSING_MS = 10_000;
/** So many buckets may wait in memory to the minute, and twice as many in all before they are by the day. */
const BACKLOG = 20_000;

/** Adds to the counts from which every rate is taken. */
@Injectable()
export class ReputationLedger implements OnApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private readonly waiting = new BucketDeltas();
  private writing: Promise<void> | null = null;
  private writingWith: Store | null = null;
  private finishing: Promise<void> | null = null;
  /** The next write, after a pause or another attempt of one that failed. */
  private next: NodeJS.Timeout | null = null;
  private writtenAt = -Infinity;
  /** Somebody waits until nothing is left. */
  private writesAll = false;
  private failures = 0;
  private closed = false;

  constructor(
    @Inject(BoundedStore) private readonly store: Store,
    private readonly clock: Clock,
    private readonly places: DimensionPlaces,
    @Inject(BackgroundStore) private readonly background: Store = store,
  ) {}

  /** Books facts in the transaction that stores them. Book all of a transaction's facts in one call. */
  async book(tx: EntityManager, bookings: readonly Booking[]): Promise<void> {
    await insertAll(tx, [await this.insertionOf(tx, bookings)]);
  }

  /** What {@link book} writes. Write it last: every other writer waits for the account's bucket from there to the commit. */
  insertionOf(tx: EntityManager, bookings: readonly Booking[]): Promise<Insertion> {
    const deltas = new BucketDeltas();
    deltas.book(bookings, this.clock.now());
    return this.placed(tx, deltas);
  }

  /**
   * Books mail that went out. Never throws and never waits: what comes while a write runs, or within 200 ms after
   * one began, goes into the next one, and what the database did not take is kept and tried again.
   */
  bookSent(bookings: readonly Booking[]): void {
    this.waiting.book(bookings, this.clock.now(), this.narrowest());
    if (this.next || this.writing) return;
    if (this.closed || this.pauseMs() === 0) this.start();
    else this.startIn(this.pauseMs());
  }

  /**
   * Resolves when everything that `bookSent` was given before is written.
   *
   * @param store what it is written with; without it, one that waits for a lock on SQLite
   * @throws StoreUnavailableError if the database does not take it; it is tried again later
   */
  flush(store = this.store): Promise<void> {
    return this.writeWith(store, true);
  }

  private async writeWith(store: Store, all: boolean): Promise<void> {
    // One that does not wait for a lock may fail where this one need not.
    if (this.writing && this.writingWith !== store) await this.writing.catch(() => undefined);
    if (!this.writing && this.waiting.size === 0) return;
    this.stopWaiting();
    this.writesAll ||= all;
    if (!this.writing) {
      this.writingWith = store;
      this.writing = this.writeAll(store);
    }
    await this.writing;
  }

  /** Writes what is left when the application closes, or logs that it can't. */
  finish(): Promise<void> {
    this.closed = true;
    this.stopWaiting();
    this.finishing ??= this.writeLast().finally(() => (this.finishing = null));
    return this.finishing;
  }

  onApplicationShutdown(): Promise<void> {
    return this.finish();
  }

  private async writeLast(): Promise<void> {
    let failure: unknown = new Error('the database does not answer');
    const flushed = this.flush().then(
      () => (failure = null),
      (error: unknown) => (failure = error),
    );
    await settledWithin(CLOSING_MS, flushed);
    if (failure !== null)
      this.logger.error(`Mail that was sent is missing from the rates: ${String(failure)}`);
  }

  /** Writes without anyone waiting for it; a failure has set the time of the next attempt. */
  private start(): void {
    this.writeWith(this.background, this.closed).catch(() => undefined);
  }

  private pauseMs(): number {
    return Math.max(0, this.writtenAt + PAUSE_MS - performance.now());
  }

  /** Also writes what comes while it runs, if somebody waits for all of it. */
  private async writeAll(store: Store): Promise<void> {
    const batch = new BucketDeltas();
    try {
      do {
        this.writtenAt = performance.now();
        this.waiting.moveTo(batch, BUCKETS_A_TRANSACTION);
        await store.transaction((tx) => this.write(tx, batch));
        batch.clear();
      } while (this.waiting.size >= (this.writesAll ? 1 : BUCKETS_A_TRANSACTION));
      this.failures = 0;
    } catch (error) {
      batch.moveTo(this.waiting, Infinity);
      this.tryLater(error);
      throw error;
    } finally {
      // In the same turn as the loop's end: nothing can come in between and wait for a write that is over.
      this.writing = null;
      this.writesAll = false;
      // Never at once: whoever waited for this write to use another store comes first.
      if (this.waiting.size > 0 && !this.next && !this.closed) this.startIn(this.pauseMs());
    }
  }

  private async write(tx: EntityManager, deltas: BucketDeltas): Promise<void> {
    await insertAll(tx, [await this.placed(tx, deltas)]);
  }

  private async placed(tx: EntityManager, deltas: BucketDeltas): Promise<Insertion> {
    const elsewhere = await this.places.assign(tx, deltas.dimensions());
    return bucketInsertion(deltas.renamed(elsewhere).sorted());
  }

  private tryLater(error: unknown): void {
    if (this.closed) return;
    if (this.failures === 0) this.logger.warn(`Counts of sent mail wait for the database: ${String(error)}`);
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.failures++, LONGEST_RETRY_MS);
    this.startIn(delayMs);
  }

  private startIn(ms: number): void {
    this.next = setTimeout(() => {
      this.next = null;
      this.start();
    }, ms);
    this.next.unref();
  }

  private stopWaiting(): void {
    if (this.next) clearTimeout(this.next);
    this.next = null;
  }

  /** The longer the database is away, the coarser what waits for it, so that memory stays bounded. */
  private narrowest(): Width {
    if (this.waiting.size < BACKLOG) return 1;
    return this.waiting.size < 2 * BACKLOG ? 60 : 1440;
  }
}
