import { setImmediate as afterThisTurn } from 'node:timers/promises';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock } from '../clock.js';
import {
  FEEDBACK_HEARD,
  HEARD_EVERY_MS,
  laterHeard,
  type FeedbackHeard,
} from '../reputation/watch/feedback-heard.js';
import { changeMemory } from '../store/memory.js';
import { settledWithin } from '../settled-within.js';
import { BackgroundStore } from '../store/background-store.js';
import type { Store } from '../store/store.js';
import type { SesEvent } from './ses-event/ses-event.js';

const OF_EACH_GOOD_MAIL = new Set<SesEvent['type']>(['send', 'delivery', 'open', 'click']);

/** An application that closes waits no longer for a database that hangs. */
const CLOSING_MS = 5_000;

/**
 * Notes when SES was heard, by which its silence is told: at once here, at most once a minute in the database,
 * for all instances. Beside the ingest, which neither waits for it nor fails with it.
 */
@Injectable()
export class FeedbackPulse implements BeforeApplicationShutdown {
  private readonly logger = new Logger('SesFeedback');
  private latest: FeedbackHeard | null = null;
  private isWritten = true;
  private triedAt = -Infinity;
  private writing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private saidFailure = false;
  private closed = false;

  constructor(
    @Inject(BackgroundStore) private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  /** Never throws and never waits. */
  heard(type: SesEvent['type']): void {
    const at = this.clock.now();
    this.latest = laterHeard(this.latest, { at, deliveryAt: OF_EACH_GOOD_MAIL.has(type) ? at : null });
    this.isWritten = false;
    this.writeInTime();
  }

  /** Resolves when no write is under way, for who is about to be frozen. Never rejects. */
  async settled(): Promise<void> {
    await this.writing;
  }

  /** While the database is surely open. What is heard from here on is left out: it is heard again. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    this.stopTimer();
    await settledWithin(CLOSING_MS, this.writeLast());
  }

  private async writeLast(): Promise<void> {
    await this.writing;
    if (!this.isWritten) await this.write();
  }

  private writeInTime(): void {
    if (this.writing || this.closed) return;
    const wait = this.triedAt + HEARD_EVERY_MS - this.clock.now();
    // A clock that was put back is no reason to wait for longer.
    if (wait <= 0 || wait > HEARD_EVERY_MS) this.start();
    else this.timer ??= setTimeout(() => this.start(), wait).unref();
  }

  private start(): void {
    this.stopTimer();
    this.triedAt = this.clock.now();
    this.writing = this.write().finally(() => {
      this.writing = null;
      if (!this.isWritten) this.writeInTime();
    });
  }

  private async write(): Promise<void> {
    try {
      // The transaction of what was just heard comes first.
      await afterThisTurn();
      const heard = this.latest!;
      this.isWritten = true;
      await this.store.transaction((tx) =>
        changeMemory<FeedbackHeard>(
          tx,
          this.store.dialect,
          FEEDBACK_HEARD,
          (stored) => laterHeard(stored, heard),
          new Date(heard.at),
        ),
      );
      this.saidFailure = false;
    } catch (error) {
      this.isWritten = false;
      this.sayFailure(error);
    }
  }

  private sayFailure(error: unknown): void {
    if (!this.saidFailure)
      this.logger.warn(
        `When SES was last heard could not be stored, and is again in a minute: ${String(error)}`,
      );
    this.saidFailure = true;
  }

  private stopTimer(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}
