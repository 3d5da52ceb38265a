import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { addressKey } from '../address/address-key.js';
import { Clock } from '../clock.js';
import { SesEventBus } from '../events/ses-event-bus.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { Store } from '../store/store.js';
import { reading } from './reading.js';
import { EVERY_STREAM } from './suppressed-address.entity.js';
import { readExpiry, readMailbox, readReason, readScope, textOf } from './suppression-input.js';
import { SuppressionLedger, type Suppression } from './suppression-ledger.js';
import type { SuppressionReason } from './suppression-reason.js';

export interface SuppressOptions {
  reason: SuppressionReason;
  /** `*` for every stream (the default), or one stream's name. */
  scope?: string;
  /** Default: for good. */
  expiresAt?: Date | null;
  /** Up to 1,000 characters. */
  note?: string | null;
  /** Who does it: a person or a program. Up to 255 characters. */
  actor?: string | null;
}

/** Who must not be mailed, and why. */
@Injectable()
export class SuppressionService {
  constructor(
    private readonly store: Store,
    private readonly ledger: SuppressionLedger,
    private readonly events: SesEventBus,
    private readonly clock: Clock,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Which of these addresses are suppressed, in any spelling, by the address as it was given. With `stream`,
   * those that must not get that stream's mail; without, those that must get no mail at all. Where several
   * suppressions hold for an address, the strongest is told. What is no address is not suppressed.
   *
   * @throws UnknownScopeError for a stream that is not in the options
   * @throws StoreUnavailableError
   */
  async check(
    addresses: Iterable<string>,
    { stream }: { stream?: string } = {},
  ): Promise<Map<string, Suppression>> {
    if (stream !== undefined) readScope(stream, this.options.streams);
    const keys = new Map<string, string>();
    for (const address of typeof addresses === 'string' ? [addresses] : addresses) {
      const key = typeof address === 'string' ? addressKey(address) : null;
      if (key !== null) keys.set(address, key);
    }
    const found = await reading(() => this.ledger.check(this.store.manager, [...keys.values()], stream));
    const suppressed = new Map<string, Suppression>();
    for (const [address, key] of keys) {
      const suppression = found.get(key);
      if (suppression) suppressed.set(address, { ...suppression });
    }
    return suppressed;
  }

  /**
   * Whether an address must not be mailed: in `stream`, or without one in any stream. A suppression of one
   * stream alone is no yes to the latter.
   */
  async isSuppressed(address: string, options: { stream?: string } = {}): Promise<boolean> {
    return (await this.check([address], options)).size > 0;
  }

  /**
   * Suppresses an address. What suppresses it already is only ever strengthened by this, never weakened.
   *
   * @throws InvalidAddressError, UnknownReasonError, UnknownScopeError, InvalidTimeError, StoreUnavailableError
   */
  async suppress(address: string, options: SuppressOptions): Promise<void> {
    const nowMs = this.clock.now();
    const entry = {
      ...readMailbox(address),
      scope: readScope(options.scope ?? EVERY_STREAM, this.options.streams),
      reason: readReason(options.reason),
      since: new Date(nowMs),
      expiresAt: readExpiry(options.expiresAt, nowMs),
      note: textOf(options.note),
      actor: textOf(options.actor),
      eventId: randomUUID(),
    };
    this.events.emitAll(await this.store.transaction((tx) => this.ledger.add(tx, [entry])));
  }
}
