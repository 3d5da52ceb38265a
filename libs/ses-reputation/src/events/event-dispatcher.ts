import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, Optional, type OnApplicationBootstrap } from '@nestjs/common';
import type { EventEmitterReadinessWatcher } from '@nestjs/event-emitter';
import { Clock } from '../clock.js';
import { describeError } from '../describe-error.js';
import { Leadership } from '../leadership/leadership.js';
import { EventDelivery } from './event-delivery.js';
import type { OutboxEvent } from './outbox-event.entity.js';
import { OUTBOX_LIMITS, type OutboxLimits } from './outbox-limits.js';
import { OutboxTable } from './outbox-table.js';
import { readPayload } from './payload-json.js';
import { retryDelayMs } from './retry-delay.js';
import { SesEventBus } from './ses-event-bus.js';
import { Settling } from './settling.js';
import { SES_LISTENERS_READY } from './tokens.js';

/**
 * Delivers what the outbox holds, on the instance that leads: events of one key one after the other, different keys
 * side by side. An event leaves the table when every listener has taken it; else it is tried again later, and
 * given up in the end.
 */
@Injectable()
export class EventDispatcher implements OnApplicationBootstrap {
  private readonly logger = new Logger('SesReputation');
  private readonly delivery: EventDelivery;
  private readonly settling: Settling;
  /** Ids of what was read and is not settled, and how many there are of each name. */
  private readonly taken = new Set<string>();
  private readonly takenOf = new Map<string, number>();
  private readonly lines = new Map<string, OutboxEvent[]>();
  /** Keys of which an event failed since the last look began: what it read of them may be behind that event. */
  private readonly failedKeys = new Set<string>();
  private readonly idlers: (() => void)[] = [];
  private takenEver = 0;
  private taking: Promise<void> | null = null;
  private again = false;
  private ready = true;
  private closed = false;
  private complained = false;
  /** What the clock said last. */
  private seenMs = Infinity;
  private lookedAt = -Infinity;
  private soon: NodeJS.Timeout | undefined;
  private poll: NodeJS.Timeout | undefined;

  constructor(
    private readonly table: OutboxTable,
    private readonly leadership: Leadership,
    private readonly clock: Clock,
    private readonly bus: SesEventBus,
    @Inject(OUTBOX_LIMITS) private readonly limits: OutboxLimits,
    @Optional()
    @Inject(SES_LISTENERS_READY)
    private readonly listenersReady: Pick<EventEmitterReadinessWatcher, 'waitUntilReady'> | null = null,
  ) {
    this.delivery = new EventDelivery(bus, limits.listenerMs);
    this.settling = new Settling(table.settle.bind(table), limits.page, (error) => this.complain(error));
  }

  onApplicationBootstrap(): void {
    void this.awaitListeners();
    this.leadership.onLead(() => {
      this.seenMs = Infinity;
      this.look();
    });
    this.leadership.beforeGivingBack(() => this.close());
    this.poll = setInterval(() => this.look(), this.limits.pollMs).unref();
  }

  /** Now and then. Of a clock that was put back, another instance's too, what was put off must not wait for the old time. */
  private look(): void {
    const now = this.clock.now();
    if (now < this.seenMs && this.works) {
      this.table.bringForward(this.limits.longestRetryMs).catch((error: unknown) => this.complain(error));
    }
    this.seenMs = now;
    this.wake();
  }

  /**
   * Whether an event has to be stored to be delivered: not if this is the process that delivers it, and nobody listens,
   * since it would be read and deleted only.
   */
  wants(name: string): boolean {
    return !this.works || this.bus.isHeard(name);
  }

  /**
   * Delivers what is due, if this process leads: at once, but in a burst not with every commit, so that one look
   * finds the events of many.
   */
  wake(): void {
    const wait = this.lookedAt + this.limits.burstMs - performance.now();
    if (wait <= 0) this.takeNow();
    else this.soon ??= setTimeout(() => this.takeNow(), wait).unref();
  }

  private takeNow(): void {
    clearTimeout(this.soon);
    this.soon = undefined;
    if (!this.works) return;
    this.again = true;
    this.taking ??= this.take();
  }

  /** Delivers what is due now, if this process leads, and waits until nothing is under way. */
  async drain(): Promise<void> {
    let before: number;
    do {
      before = this.takenEver;
      this.takeNow();
      await this.taking;
      await this.idle();
      // A look that room was made for is still to come, or under way.
    } while (before !== this.takenEver || this.soon !== undefined || this.taking !== null);
  }

  /** Delivers what it can in a few seconds, and stops. */
  async close(): Promise<void> {
    clearInterval(this.poll);
    clearTimeout(this.soon);
    const late = new AbortController();
    const time = sleep(this.limits.closingMs, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.drain(), time]);
    late.abort();
    this.closed = true;
    this.settling.end();
    for (const idler of this.idlers.splice(0)) idler();
  }

  /** Before Nest has registered the listeners, every event would be one that nobody waits for. */
  private async awaitListeners(): Promise<void> {
    if (this.listenersReady === null) return;
    this.ready = false;
    try {
      await this.listenersReady.waitUntilReady();
    } catch {
      // The application does not start then.
      return;
    }
    this.ready = true;
    this.wake();
  }

  private get works(): boolean {
    return this.ready && !this.closed && this.leadership.token !== null;
  }

  private async take(): Promise<void> {
    try {
      while (this.again && this.works) await this.takeOnce();
    } finally {
      // In the same turn as the loop's end: nothing can come in between and wait for a look that is over.
      this.taking = null;
    }
  }

  private async takeOnce(): Promise<void> {
    this.again = false;
    this.lookedAt = performance.now();
    this.failedKeys.clear();
    const { rows, isAll } = await this.due();
    // What is left behind of a key leaves all that follows behind.
    const left = new Set<string>();
    for (const row of rows) {
      const { key } = row;
      if (key !== null && (this.failedKeys.has(key) || left.has(key))) continue;
      if (!this.isFull(row.name)) this.enqueue(row);
      else if (key !== null) left.add(key);
    }
    if (!isAll) this.again = true;
  }

  private isFull(name: string): boolean {
    return (this.takenOf.get(name) ?? 0) >= this.limits.inFlight;
  }

  private async due(): Promise<{ rows: OutboxEvent[]; isAll: boolean }> {
    const full = [...this.takenOf.keys()].filter((name) => this.isFull(name));
    try {
      const due = await this.table.due([...this.taken], this.limits.page, full);
      this.complain(null);
      if (this.works) return due;
    } catch (error) {
      this.complain(error);
    }
    return { rows: [], isAll: true };
  }

  private enqueue(row: OutboxEvent): void {
    this.taken.add(row.id);
    this.takenOf.set(row.name, (this.takenOf.get(row.name) ?? 0) + 1);
    this.takenEver++;
    const key = row.key ?? row.id;
    const line = this.lines.get(key);
    if (line) {
      line.push(row);
      return;
    }
    this.lines.set(key, [row]);
    void this.run(key, this.lines.get(key)!);
  }

  /** Delivers the events of one key until there are no more, or one fails. */
  private async run(key: string, line: OutboxEvent[]): Promise<void> {
    for (let row = line[0]; row !== undefined && this.works; row = line[0]) {
      const error = await this.attempt(row);
      if (error !== null) {
        this.failedKeys.add(key);
        await this.fail(row, error);
        // A look that began meanwhile may not have seen it.
        this.failedKeys.add(key);
        break;
      }
      line.shift();
      void this.settling.delivered(row.id).then(() => this.release([row]));
    }
    this.lines.delete(key);
    this.release(line);
  }

  private async attempt({ id, name, payload }: OutboxEvent): Promise<string | null> {
    try {
      if (this.delivery.concernsNobody(id, name)) return null;
      return await this.delivery.attempt(id, name, readPayload(payload));
    } catch (error) {
      return describeError(error);
    }
  }

  private fail(row: OutboxEvent, error: string): Promise<void> {
    const attempts = row.attempts + 1;
    const dead = attempts >= this.limits.attempts;
    if (dead) {
      this.logger.error(
        `Gave up on the event ${row.id} (${row.name}) after ${attempts} attempts: ${error}. OutboxService.retry delivers it again.`,
      );
    }
    return this.settling.failed({
      row,
      error,
      state: dead ? 'dead' : 'pending',
      dueMs: this.clock.now() + (dead ? 0 : retryDelayMs(attempts, this.limits)),
    });
  }

  private release(rows: readonly OutboxEvent[]): void {
    let wasFull = false;
    for (const { id, name } of rows) {
      wasFull ||= this.isFull(name);
      this.taken.delete(id);
      this.takenOf.set(name, this.takenOf.get(name)! - 1);
    }
    if (wasFull) this.wake();
    if (this.taken.size === 0) for (const idler of this.idlers.splice(0)) idler();
  }

  private async idle(): Promise<void> {
    if (this.taken.size > 0 && !this.closed) await new Promise<void>((resolve) => this.idlers.push(resolve));
  }

  /** Once, until it works again. */
  private complain(error: unknown): void {
    if (error !== null && !this.complained) {
      this.logger.warn(`Events can't be delivered while the database is away: ${String(error)}`);
    }
    this.complained = error !== null;
  }
}
