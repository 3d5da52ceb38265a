import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { parseAddrSpec } from '../address/addr-spec.js';
import { addressKey } from '../address/address-key.js';
import { Clock } from '../clock.js';
import { EventOutbox } from '../events/event-outbox.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { Store } from '../store/store.js';
import { eraseSuppressed } from './erase-suppressed.js';
import { eraseMentions } from './erase-traces.js';
import { erasedKey } from './erased-key.js';
import { EraseKeyMissingError } from './errors.js';
import { analyzeList } from './analyze-list.js';
import { findSuppressed, type SuppressionFilter } from './find-suppressed.js';
import type { ImportSource } from './import-records.js';
import { readCursor, writeCursor, type ListPosition } from './list-cursor.js';
import { releaseRows } from './release-rows.js';
import { EVERY_STREAM, type SuppressedAddress } from './suppressed-address.entity.js';
import {
  knownOptions,
  readExpiry,
  readFilter,
  readLimit,
  readMailbox,
  readReason,
  readScope,
  textOf,
} from './suppression-input.js';
import { SuppressionHistory } from './suppression-history.entity.js';
import { SuppressionImport, type ImportOptions, type ImportResult } from './suppression-import.js';
import { SuppressionLedger, type Suppression } from './suppression-ledger.js';
import type {
  ExportOptions,
  ListOptions,
  ReleaseOptions,
  SuppressionHistoryItem,
  SuppressionItem,
  SuppressionPage,
  SuppressOptions,
} from './suppression-options.js';

const EXPORT_PAGE = 1_000;
/** After so many new rows a database that knows nothing of them yet would read the whole list for each page. */
const MANY_ADDED = 10_000;

/** Who must not be mailed, and why. */
@Injectable()
export class SuppressionService {
  constructor(
    private readonly store: Store,
    private readonly ledger: SuppressionLedger,
    private readonly outbox: EventOutbox,
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
    const found = await this.store.read((manager) => this.ledger.check(manager, [...keys.values()], stream));
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
   * @throws InvalidAddressError, UnknownOptionError, UnknownReasonError, UnknownScopeError, InvalidTimeError,
   *   StoreUnavailableError
   */
  async suppress(address: string, given: SuppressOptions): Promise<void> {
    const options = knownOptions(given, ['reason', 'scope', 'expiresAt', 'note', 'actor']);
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
    await this.outbox.commit(async (tx, raise) => raise(await this.ledger.add(tx, [entry])));
  }

  /**
   * Lets an address be mailed again. Without `scope` all its suppressions end, those of single streams too.
   * Feedback for mail that was sent before does not suppress it again.
   *
   * @returns whether anything was suppressed
   * @throws InvalidAddressError, UnknownScopeError, StoreUnavailableError
   */
  async release(address: string, given: ReleaseOptions = {}): Promise<boolean> {
    const options = knownOptions(given, ['scope', 'note', 'actor']);
    const mailbox = readMailbox(address);
    const { scope } = readFilter(options);
    const release = {
      address: mailbox.address,
      scope: scope ?? null,
      note: textOf(options.note),
      actor: textOf(options.actor),
      at: new Date(this.clock.now()),
    };
    return this.outbox.commit(async (tx, raise) => {
      const events = await releaseRows(tx, await this.ledger.lockRows(tx, [mailbox.key]), release);
      raise(events);
      return events.length > 0;
    });
  }

  /**
   * A page of what is suppressed now, in an order that stays. `search` finds addresses by how they begin or by their
   * domain, in any case; in a list of up to 100,000 by any part.
   *
   * @throws UnknownReasonError, UnknownScopeError, InvalidPageError, StoreUnavailableError
   */
  async list(given: ListOptions = {}): Promise<SuppressionPage> {
    const options = knownOptions(given, ['reason', 'scope', 'search', 'cursor', 'limit']);
    const limit = readLimit(options.limit ?? 100);
    const after = options.cursor == null ? null : readCursor(options.cursor);
    const rows = await this.page(readFilter(options), after, limit + 1);
    const items = rows.slice(0, limit);
    return { items: items.map(itemOf), next: rows.length > limit ? writeCursor(items.at(-1)!) : null };
  }

  /**
   * Everything that is suppressed now, a page at a time, however long the list is.
   *
   * @throws UnknownReasonError, UnknownScopeError, UnknownOptionError, StoreUnavailableError
   */
  export(given: ExportOptions = {}): AsyncIterable<SuppressionItem> {
    const { reason, scope, onProgress } = knownOptions(given, ['reason', 'scope', 'onProgress']);
    return this.pages(readFilter({ reason, scope }), onProgress);
  }

  /**
   * What happened to an address's suppressions, oldest first. It stays when the address is released.
   *
   * @throws InvalidAddressError, StoreUnavailableError
   */
  async history(address: string): Promise<SuppressionHistoryItem[]> {
    const keys = [...this.ledger.storedKeys([readMailbox(address).key]).keys()];
    const rows = await this.store.read((manager) =>
      manager.find(SuppressionHistory, { where: { key: In(keys) }, order: { id: 'ASC' } }),
    );
    return rows.map(({ at, action, scope, reason, address: shown, note, actor }) => {
      return { at, action, scope, reason, address: shown, note, actor };
    });
  }

  /**
   * Puts many addresses on the list: lines (`address` or `address,reason`, also as SES exports its own list),
   * a CSV file with a header, its bytes as they are read, or what `export` gave. In transactions of 1,000, of 4,000
   * in a long list and not on SQLite; events follow each. What can't be read is told and passed over; what is on the list is never weakened, so
   * that the same import may be run again.
   *
   * @example
   * ```ts
   * await suppression.import(createReadStream('bounced.csv'), { reason: 'hard-bounce', actor: 'Ann' });
   * ```
   * @throws UnknownReasonError, UnknownScopeError, StoreUnavailableError, and what `signal` was aborted with
   */
  async import(source: ImportSource, options: ImportOptions = {}): Promise<ImportResult> {
    const running = new SuppressionImport(
      options,
      this.options.streams,
      () => this.clock.now(),
      this.store.dialect,
    );
    const result = await running.run(source, (batch) =>
      this.outbox.commit(async (tx, raise) => {
        const { events, outcomes } = await this.ledger.apply(tx, batch);
        if (options.events !== false) raise(events());
        return outcomes;
      }),
    );
    if (result.added >= MANY_ADDED) await analyzeList(this.store);
    return result;
  }

  /**
   * Removes an address from every table: its rows, and where rows of others name it. It stays suppressed, for
   * good and in every stream, by a keyed hash that only `suppression.eraseKey` can make again. Run it again
   * if it fails halfway.
   *
   * @throws InvalidAddressError, EraseKeyMissingError, StoreUnavailableError
   */
  async erase(address: string): Promise<void> {
    const mailbox = readMailbox(address);
    const { eraseKey } = this.options.suppression;
    if (eraseKey === null) throw new EraseKeyMissingError();
    const erased = erasedKey(mailbox.key, eraseKey);
    const at = new Date(this.clock.now());
    await this.outbox.commit(async (tx, raise) => {
      const rows = await this.ledger.lockRows(tx, [mailbox.key]);
      raise(await eraseSuppressed(tx, mailbox, { erased, rows, at }));
    });
    await eraseMentions(this.store, parseAddrSpec(address)!);
  }

  private async *pages(
    filter: SuppressionFilter,
    onProgress?: ExportOptions['onProgress'],
  ): AsyncGenerator<SuppressionItem> {
    let rows: SuppressedAddress[] = [];
    let exported = 0;
    do {
      rows = await this.page(filter, rows.at(-1) ?? null, EXPORT_PAGE);
      for (const row of rows) yield itemOf(row);
      exported += rows.length;
      if (rows.length > 0) onProgress?.({ exported });
    } while (rows.length === EXPORT_PAGE);
  }

  private page(
    filter: SuppressionFilter,
    after: ListPosition | null,
    limit: number,
  ): Promise<SuppressedAddress[]> {
    const nowMs = this.clock.now();
    return this.store.read((manager) => findSuppressed(manager, filter, { after, limit, nowMs }));
  }
}

function itemOf({ address, reason, scope, since, expiresAt, note }: SuppressedAddress): SuppressionItem {
  return { address, reason, scope, since, expiresAt, note };
}
