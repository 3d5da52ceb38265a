import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { BackgroundOutbox, BoundedOutbox } from '../events/bounded-outbox.js';
import type { Raise } from '../events/event-outbox.js';
import { Leadership } from '../leadership/leadership.js';
import { LeaseLostError } from '../leadership/lease-lost.error.js';
import { Memory } from '../store/memory.entity.js';
import { readMemory, writeMemory } from '../store/memory.js';
import { BackgroundStore } from '../store/background-store.js';
import { BoundedStore } from '../store/bounded-store.js';

/** What is remembered between runs, in one row of the database. Times are milliseconds since the epoch. */
export interface AccountListMemory {
  /** The run that may change things now; `null` if none is under way. */
  claim: string | null;
  /** Number of the pull under way, or of the last one. */
  run: number;
  /** Where the pull under way is; `null` if the last one was finished. */
  pull: PullPosition | null;
  pulledAt: number | null;
  pushedAt: number | null;
  /** The region whose list is mirrored; `null` if it is not known. */
  region: string | null;
  /** What the last pull that went through kept, though it had vanished; `null` if nothing. */
  held: HeldEntries | null;
}

export interface HeldEntries {
  entries: number;
  /** Entries there were in the mirror before the first of the pulls in a row that held some. */
  known: number;
}

export interface PullPosition {
  startedAt: number;
  /** Entries there were in the mirror when it began; where the pull before it held some, when that one began. */
  known: number;
  /** Of the next page; `null` for the first. */
  token: string | null;
  /** Every page is read: what was not seen has vanished. */
  listed: boolean;
  /** It is decided that what has vanished is removed. */
  removing: boolean;
}

/** Not by app: applications on one database share the list, so they take turns. */
const NAME = 'account-list';
const NOTHING: AccountListMemory = {
  claim: null,
  run: 0,
  pull: null,
  pulledAt: null,
  pushedAt: null,
  region: null,
  held: null,
};
/** Longer than a run is ever silent, which is while SES throttles it. */
const SILENT_MS = 180_000;

/** The right to change the mirror. Whoever takes it last has it: a run that died holds up nobody. */
@Injectable()
export class AccountListTurns {
  /** Names this process in its claims. Its runs come one after the other: one that is claimed still has died. */
  private readonly process = randomUUID();

  constructor(
    private readonly store: BoundedStore,
    private readonly outbox: BoundedOutbox,
    private readonly scheduledStore: BackgroundStore,
    private readonly scheduledOutbox: BackgroundOutbox,
    private readonly leadership: Leadership,
    private readonly clock: Clock,
  ) {}

  /** @throws StoreUnavailableError */
  async memory(): Promise<AccountListMemory> {
    return (await this.store.read((manager) => readMemory<AccountListMemory>(manager, NAME))) ?? NOTHING;
  }

  /**
   * Takes the turn, from another run if need be. With `token`, the leader's, it is refused while another run has
   * made progress lately: `null`.
   *
   * @throws StoreUnavailableError
   */
  async take(token: number | null): Promise<AccountListTurn | null> {
    const id = `${this.process}:${randomUUID()}`;
    const taken = await this.storeOf(token).transaction(async (tx) => {
      const there = await readMemory<AccountListMemory>(tx, NAME);
      const locked = there === null ? null : await this.lock(tx);
      const nowMs = this.clock.now();
      const memory = locked === null ? NOTHING : (JSON.parse(locked.value) as AccountListMemory);
      const quietMs = locked === null ? 0 : Math.abs(nowMs - +locked.updatedAt);
      const others = memory.claim !== null && !memory.claim.startsWith(this.process);
      if (token !== null && others && quietMs < SILENT_MS) return false;
      await writeMemory(tx, NAME, { ...memory, claim: id }, new Date(nowMs));
      return true;
    });
    return taken ? new AccountListTurn(this, id, token) : null;
  }

  /** Whether the leader that took a turn with this token is still the leader, as far as is known here. */
  leads(token: number | null): boolean {
    return token === null || this.leadership.token === token;
  }

  /** For {@link AccountListTurn}. `work` may change the memory it is given. */
  async commit<T>(
    { id, token }: { id: string; token: number | null },
    work: (tx: EntityManager, memory: AccountListMemory, raise: Raise) => Promise<T>,
    { withoutTurn = false }: { withoutTurn?: boolean } = {},
  ): Promise<{ value: T; held: boolean } | null> {
    const outbox = token === null ? this.outbox : this.scheduledOutbox;
    const done = outbox.commit(async (tx, raise) => {
      const locked = await this.lock(tx);
      const memory = locked === null ? { ...NOTHING } : (JSON.parse(locked.value) as AccountListMemory);
      const held = memory.claim === id;
      if (!held && !withoutTurn) return null;
      const value = await work(tx, memory, raise);
      // Last: until the end of the transaction it keeps the leader from renewing its lease.
      if (token !== null && !withoutTurn) await this.leadership.fence(tx, token);
      if (held) await writeMemory(tx, NAME, memory, new Date(this.clock.now()));
      return { value, held };
    });
    return done.catch((error: unknown) => {
      if (error instanceof LeaseLostError) return null;
      throw error;
    });
  }

  /** A run by hand waits for a lock on SQLite. */
  storeOf(token: number | null): BoundedStore {
    return token === null ? this.store : this.scheduledStore;
  }

  /** First in its transaction: on MySQL a plain read before it would show the state before the wait. */
  private lock(tx: EntityManager): Promise<Memory | null> {
    const lock = this.store.dialect === 'sqlite' ? undefined : ({ mode: 'pessimistic_write' } as const);
    return tx.findOne(Memory, { where: { name: NAME }, lock });
  }
}

/** One run's right to change the mirror. */
export class AccountListTurn {
  constructor(
    private readonly turns: AccountListTurns,
    readonly id: string,
    readonly token: number | null,
  ) {}

  /** Whether the run has to end since another process leads now. */
  get lost(): boolean {
    return !this.turns.leads(this.token);
  }

  /** @throws StoreUnavailableError */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.turns.storeOf(this.token).read(work);
  }

  /**
   * Runs `work`, which may change the memory, in a transaction; `null`, and nothing done, if another run has
   * taken over.
   *
   * @throws StoreUnavailableError
   */
  async commit<T>(
    work: (tx: EntityManager, memory: AccountListMemory, raise: Raise) => Promise<T>,
  ): Promise<{ value: T } | null> {
    return this.turns.commit(this, work);
  }

  /**
   * Writes down what SES has done, whoever's turn it is by now: it is a fact.
   *
   * @returns whether it is still this run's turn
   * @throws StoreUnavailableError
   */
  async record(work: (tx: EntityManager, run: number) => Promise<unknown>): Promise<boolean> {
    const done = await this.turns.commit(this, (tx, { run }) => work(tx, run), { withoutTurn: true });
    return done!.held;
  }

  /** Gives the turn back, if it is still this run's. */
  async end(): Promise<void> {
    await this.turns.commit(this, giveBack, { withoutTurn: true });
  }
}

async function giveBack(_: EntityManager, memory: AccountListMemory): Promise<void> {
  memory.claim = null;
}
