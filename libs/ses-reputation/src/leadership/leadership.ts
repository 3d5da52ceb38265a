import { randomUUID } from 'node:crypto';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import type { Store } from '../store/store.js';
import { settledWithin } from '../settled-within.js';
import { LeaseLostError } from './lease-lost.error.js';
import { giveLeaseBack, renewLease, takeLease, type SeenLease } from './lease-table.js';
import { LeaseStore } from './lease-store.js';
import { Lease } from './lease.entity.js';

/**
 * Shares of `leaseMs`. A holder works for HELD after it began its last renewal. Who has seen no renewal for STALE
 * takes over: later than that, since it can have seen the last one only after it began. A look each LOOK keeps all
 * of it within one `leaseMs` after the holder's death: the last renewal is seen a look late, its age a look later.
 */
const HELD = 0.7;
const STALE = 0.75;
const LOOK = 0.1;
const RENEW = 0.2;
/** An application that closes waits no longer for a database that hangs: the lease runs out then. */
const CLOSING_MS = 5_000;
const LARGEST_INT = 2 ** 31 - 1;

type Callback = () => void;
type Stop = () => Promise<unknown>;

/**
 * Whether this process does the work that one instance does for all: the check, delivering events, the account-list
 * sync. A lease in the database, without a common clock: its holder's beat is seen to go on, or not, by the watch
 * of whoever looks.
 */
@Injectable()
export class Leadership implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private readonly holder = randomUUID();
  private readonly onLeadCallbacks: Callback[] = [];
  private readonly stops: Stop[] = [];
  private held: { token: number; beat: number; untilMs: number } | null = null;
  private seen: (SeenLease & { atMs: number }) | null = null;
  private turn: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private complained = false;

  constructor(
    @Inject(LeaseStore) private readonly store: Store,
    private readonly clock: Clock,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** The fencing token of the lease this process holds now; `null` if it holds none. */
  get token(): number | null {
    return this.held !== null && performance.now() < this.held.untilMs ? this.held.token : null;
  }

  /**
   * Call it in the transaction of work that only the leader may do: the transaction fails if another process
   * has become the leader, and none can until it ends.
   *
   * @throws LeaseLostError
   */
  async fence(tx: EntityManager, token: number): Promise<void> {
    const lease = await tx.findOne(Lease, {
      where: { name: this.options.app },
      // SQLite has no row locks: its transactions that write take turns anyway.
      ...(this.store.dialect === 'sqlite' ? {} : { lock: { mode: 'pessimistic_write' } }),
    });
    if (lease?.token !== token || lease.holder !== this.holder) throw new LeaseLostError();
  }

  /** Called each time this process begins to lead, or can again after it had lost its hold. Must not throw. */
  onLead(callback: Callback): void {
    this.onLeadCallbacks.push(callback);
  }

  /** What ends the work of a leader when the application closes. The lease is given back once all of it has ended. */
  beforeGivingBack(stop: Stop): void {
    this.stops.push(stop);
  }

  onApplicationBootstrap(): void {
    if (this.options.background === null) return;
    this.takeTurn(this.options.background);
  }

  async beforeApplicationShutdown(): Promise<void> {
    // Renewed meanwhile: the work may take longer to end than a lease lasts.
    await Promise.allSettled(this.stops.map((stop) => stop()));
    this.closed = true;
    clearTimeout(this.timer);
    await settledWithin(CLOSING_MS, this.turn);
    const { held } = this;
    this.held = null;
    if (held === null) return;
    const mine = { name: this.options.app, holder: this.holder, token: held.token };
    // Else it runs out: the next one waits a little longer.
    await settledWithin(
      CLOSING_MS,
      this.store.transaction((tx) => giveLeaseBack(tx, mine)),
    );
  }

  private takeTurn(background: { leaseMs: number }): void {
    this.turn = this.attempt(background.leaseMs).finally(() => {
      if (this.closed) return;
      const waitMs = background.leaseMs * (this.held ? RENEW : LOOK);
      this.timer = setTimeout(() => this.takeTurn(background), waitMs).unref();
    });
  }

  private async attempt(leaseMs: number): Promise<void> {
    const led = this.token !== null;
    try {
      if (this.held) await this.renew(leaseMs, this.held);
      if (!this.held) await this.follow(leaseMs);
      this.complained = false;
    } catch (error) {
      if (!this.complained)
        this.logger.warn(`The lease can't be looked at, and is tried again: ${String(error)}`);
      this.complained = true;
    }
    if (!led && this.token !== null) for (const callback of this.onLeadCallbacks) callback();
  }

  private async renew(leaseMs: number, held: NonNullable<typeof this.held>): Promise<void> {
    const startedMs = performance.now();
    // Counted whether the renewal is answered or not: one whose answer was lost must not be repeated unchanged.
    held.beat = (held.beat + 1) % LARGEST_INT;
    if (await this.store.transaction((tx) => renewLease(tx, this.self(), held))) {
      held.untilMs = startedMs + leaseMs * HELD;
    } else {
      this.held = null;
    }
  }

  private async follow(leaseMs: number): Promise<void> {
    const startedMs = performance.now();
    const lease = await this.store.read((manager) => manager.findOneBy(Lease, { name: this.options.app }));
    if (lease && lease.holder !== '' && !this.isStale(lease, startedMs - leaseMs * STALE)) return;
    const beganMs = performance.now();
    const token = await this.store.transaction((tx) => takeLease(tx, this.self(), lease));
    if (token !== null && !this.closed) this.held = { token, beat: 0, untilMs: beganMs + leaseMs * HELD };
  }

  /** Whether this very beat was seen by then already. */
  private isStale({ holder, token, beat }: Lease, byMs: number): boolean {
    if (this.seen?.token !== token || this.seen.beat !== beat || this.seen.holder !== holder) {
      this.seen = { holder, token, beat, atMs: performance.now() };
    }
    return this.seen.atMs <= byMs;
  }

  private self() {
    return { name: this.options.app, holder: this.holder, now: new Date(this.clock.now()) };
  }
}
