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
  /** Ids of what was read and is not settled. */
  private readonly taken = new Set<string>();
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
  private poll: NodeJS.Timeout | undefined;

  constructor(
    private readonly table: OutboxTable,
    private readonly leadership: Leadership,
    private readonly clock: Clock,
    bus: SesEventBus,
    @Inject(OUTBOX_LIMITS) private readonly limits: OutboxLimits,
    @Optional()
    @Inject(SES_LISTENERS_READY)
    private readonly listenersReady: Pick<EventEmitterReadinessWatcher, 'waitUntilReady'> | null = null,
  ) {
    this.delivery = new EventDelivery(bus, limits.listenerMs);
    const write = table.settle.bind(table);
    this.settling = new Settling(write, limits.page, (error) => this.complain(error));
  }

  onApplicationBootstrap(): void {
    void this.awaitListeners();
    this.leadership.onLead(() => this.wake());
    this.leadership.beforeGivingBack(() => this.close());
    this.poll = setInterval(() => this.wake(), this.limits.pollMs).unref();
  }

  /** Delivers what is due, if this process leads. */
  wake(): void {
    if (!this.works) return;
    this.again = true;
    this.taking ??= this.take().finally(() => {
      this.taking = null;
    });
  }

  /** Delivers what is due now, if this process leads, and waits until nothing is under way. */
  async drain(): Promise<void> {
    for (let before = -1; before !== this.takenEver;) {
      before = this.takenEver;
      this.wake();
      await this.taking;
      await this.idle();
    }
  }

  /** Delivers what it can in a few seconds, and stops. */
  async close(): Promise<void> {
    clearInterval(this.poll);
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
    while (this.again && this.works) {
      this.again = false;
      const room = Math.min(this.limits.page, this.limits.inFlight - this.taken.size);
      if (room <= 0) return;
      this.failedKeys.clear();
      const { rows, isAll } = await this.due(room);
      for (const row of rows) {
        if (row.key === null || !this.failedKeys.has(row.key)) this.enqueue(row);
      }
      if (!isAll) this.again = true;
    }
  }

  private async due(limit: number): Promise<{ rows: OutboxEvent[]; isAll: boolean }> {
    try {
      const due = await this.table.due([...this.taken], limit);
      this.complain(null);
      if (this.works) return due;
    } catch (error) {
      this.complain(error);
    }
    return { rows: [], isAll: true };
  }

  private enqueue(row: OutboxEvent): void {
    this.taken.add(row.id);
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
    const full = this.taken.size >= this.limits.inFlight;
    for (const { id } of rows) this.taken.delete(id);
    if (full) this.wake();
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
