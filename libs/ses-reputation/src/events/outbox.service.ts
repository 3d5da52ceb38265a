import { Inject, Injectable } from '@nestjs/common';
import { In, MoreThan, type EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import type { GiveWay } from '../store/giving-way.js';
import { prune } from '../store/prune.js';
import { Store } from '../store/store.js';
import { EventDispatcher } from './event-dispatcher.js';
import { InvalidOutboxPageError } from './invalid-outbox-page.error.js';
import { outboxCounts, type OutboxCounts } from './outbox-counts.js';
import { OutboxEvent } from './outbox-event.entity.js';
import { readPayload } from './payload-json.js';
import type { SesEventName, SesEvents } from './ses-events.js';

const ID = /^[0-9a-f]{32}$/;
/** So many rows a transaction. */
const STEP = 500;
const DAY_MS = 86_400_000;

/** An event that was given up. */
export type DeadEvent = {
  [N in SesEventName]: {
    /** For `retry` and `discard`; the payload's `id` is another. */
    id: string;
    name: N;
    payload: SesEvents[N];
    attempts: number;
    /** What a listener failed with, the last time. */
    error: string | null;
    storedAt: Date;
    diedAt: Date;
  };
}[SesEventName];

export interface DeadEventPage {
  items: DeadEvent[];
  /** `cursor` of the next page; `null` at the end. */
  next: string | null;
}

/** The events that are stored: how many wait, and what to do with those that were given up. */
@Injectable()
export class OutboxService {
  constructor(
    private readonly store: Store,
    private readonly dispatcher: EventDispatcher,
    private readonly clock: Clock,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @throws StoreUnavailableError */
  counts(): Promise<OutboxCounts> {
    return this.store.read((manager) => outboxCounts(manager, this.options.app));
  }

  /**
   * Events that were given up after too many attempts, oldest first.
   *
   * @param options.limit from 1 to 1,000; default 100
   * @throws InvalidOutboxPageError, StoreUnavailableError
   */
  async dead({
    cursor,
    limit = 100,
  }: { cursor?: string | null; limit?: number } = {}): Promise<DeadEventPage> {
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
      throw new InvalidOutboxPageError(`limit is ${String(limit)}: use a whole number from 1 to 1,000`);
    }
    if (cursor != null && !(typeof cursor === 'string' && ID.test(cursor))) {
      throw new InvalidOutboxPageError(
        'the cursor can\'t be read: use "next" of the page before as it came, or none',
      );
    }
    const rows = await this.store.read((manager) =>
      manager.find(OutboxEvent, {
        where: { app: this.options.app, state: 'dead', ...(cursor != null && { id: MoreThan(cursor) }) },
        order: { id: 'ASC' },
        take: limit + 1,
      }),
    );
    const items = rows.slice(0, limit);
    return { items: items.map(deadEvent), next: rows.length > limit ? items.at(-1)!.id : null };
  }

  /**
   * Delivers dead events again, with as many attempts as a new one has; later events of the same address have
   * gone before them.
   *
   * @param ids of {@link DeadEvent}s
   * @returns how many were dead
   * @throws StoreUnavailableError
   */
  async retry(ids: Iterable<string>): Promise<number> {
    const retried = await this.ofDead(ids, async (tx, dead) => {
      await tx.update(OutboxEvent, { id: In(dead) }, { state: 'pending', attempts: 0, dueAt: new Date(0) });
    });
    this.dispatcher.wake();
    return retried;
  }

  /**
   * Deletes dead events: no listener hears of them any more.
   *
   * @param ids of {@link DeadEvent}s
   * @returns how many were dead
   * @throws StoreUnavailableError
   */
  discard(ids: Iterable<string>): Promise<number> {
    return this.ofDead(ids, async (tx, dead) => {
      await tx.delete(OutboxEvent, { id: In(dead) });
    });
  }

  /**
   * Deletes what has been dead for as long as feedback is kept.
   *
   * @internal
   * @throws StoreUnavailableError: the rest is removed next time
   */
  async prune(store = this.store, giveWay?: GiveWay): Promise<void> {
    const before = this.clock.now() - this.options.feedback.retentionDays * DAY_MS;
    const only = { app: this.options.app, state: 'dead' };
    await prune(store, OutboxEvent, { time: 'dueAt', before, only }, giveWay);
  }

  private async ofDead(
    given: Iterable<string>,
    work: (tx: EntityManager, dead: string[]) => Promise<void>,
  ): Promise<number> {
    const ids = [...new Set(typeof given === 'string' ? [given] : given)]
      .filter((id) => ID.test(id))
      .toSorted();
    let count = 0;
    for (let i = 0; i < ids.length; i += STEP) {
      count += await this.store.transaction(async (tx) => {
        const where = { id: In(ids.slice(i, i + STEP)), app: this.options.app, state: 'dead' as const };
        const dead = (await tx.find(OutboxEvent, { select: { id: true }, where })).map(({ id }) => id);
        if (dead.length > 0) await work(tx, dead);
        return dead.length;
      });
    }
    return count;
  }
}

function deadEvent({ id, name, payload, attempts, error, storedAt, dueAt }: OutboxEvent): DeadEvent {
  return { id, name, payload: readPayload(payload), attempts, error, storedAt, diedAt: dueAt } as DeadEvent;
}
