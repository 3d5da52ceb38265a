import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Question } from './question.js';
import { Slots } from './slots.js';
import { Store } from './store.js';
import { SES_DATA_SOURCE } from './tokens.js';
import { within } from './within.js';

/** How far work may go that the host did not ask for. */
export interface StoreLimits {
  /** A question that takes longer is given up: milliseconds. */
  questionMs: number;
  /** Questions at a time. With the mailer's 4 and the lease's 1 they leave some of a pool of 10, the drivers' default. */
  open: number;
}

export const DEFAULT_STORE_LIMITS: StoreLimits = { questionMs: 30_000, open: 3 };

/** Injection token of {@link StoreLimits}. */
export const STORE_LIMITS = Symbol('STORE_LIMITS');

const slotsOf = new WeakMap<DataSource, Slots>();

/**
 * A store that does not wait for ever for a server, for work that nobody may hold up. A question that is not
 * answered in time fails, and its connection is cut: so the host's pool gets its place back at once, and the next
 * question finds a connection that works. A few are open at a time, so that the host's queries find one too.
 */
@Injectable()
export class BoundedStore extends Store {
  protected readonly slots: Slots;
  private readonly limits: StoreLimits;

  constructor(
    @Inject(SES_DATA_SOURCE) dataSource: DataSource,
    @Optional() @Inject(STORE_LIMITS) limits: StoreLimits | null = null,
    @Optional() slots?: Slots,
  ) {
    super(dataSource);
    this.limits = limits ?? DEFAULT_STORE_LIMITS;
    this.slots = slots ?? commonSlots(dataSource, this.limits.open);
  }

  protected override readOnce<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dialect === 'sqlite' ? super.readOnce(work) : this.ask(work);
  }

  protected override once<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    if (this.dialect === 'sqlite') return super.once(work);
    return this.ask((manager) => manager.transaction(work));
  }

  private async ask<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const question = new Question(this.dataSource, work);
    const over = new AbortController();
    try {
      return await within(
        this.limits.questionMs,
        this.slots.run(() => question.run(), over.signal),
      );
    } finally {
      over.abort();
      question.giveUp();
    }
  }
}

function commonSlots(dataSource: DataSource, open: number): Slots {
  const slots = slotsOf.get(dataSource) ?? new Slots(open);
  slotsOf.set(dataSource, slots);
  return slots;
}
