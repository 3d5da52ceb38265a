import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { Store } from '../store/store.js';
import {
  dimensionOfPart,
  isPlacedKind,
  kindOf,
  OTHER,
  otherOf,
  PLACED_KINDS,
  type PlacedKind,
} from './dimension.js';
import { insertPlaced, lockKind, OWN_STREAM, placedAmong, setPlaces } from './place-rows.js';
import { ReputationDimension } from './reputation-dimension.entity.js';

const READ_EVERY_MS = 60_000;

/**
 * Who is counted by itself: first come, first served, up to a number of each kind, since anybody can make us
 * mail a new domain. The account, the mailbox providers and the streams of the applications on this database
 * always are. What is known of the table is kept for a minute, so that booking costs no query for a dimension
 * that has its place, nor for one that comes when all places are taken.
 */
@Injectable()
export class DimensionPlaces {
  /** Of the kinds with places: what is known to have one. */
  private placed = new Set<string>();
  private readonly full = new Set<PlacedKind>();
  private readAt: number | null = null;
  private readonly own: ReadonlySet<string>;
  private readonly limits: Readonly<Record<PlacedKind, number>>;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    @Inject(SES_OPTIONS) { streams, reputation }: ResolvedOptions,
  ) {
    this.own = new Set(Array.from(streams.keys(), (name) => dimensionOfPart('stream', name)));
    const { domains, configurationSets, streams: others } = reputation.dimensions;
    this.limits = { domain: domains, 'configuration-set': configurationSets, stream: others };
  }

  /** Whether the dimension is counted by itself without a place. */
  isAlways(dimension: string): boolean {
    return this.own.has(dimension) || !isPlacedKind(kindOf(dimension)) || dimension.endsWith(`:${OTHER}`);
  }

  /** Whether the dimension is counted by itself, as the database says now. */
  async isPlaced(manager: EntityManager, dimension: string): Promise<boolean> {
    if (this.isAlways(dimension)) return true;
    return manager.existsBy(ReputationDimension, { dimension });
  }

  /**
   * Gives places to those that have none, as far as there are any, and says where the others are counted. Call
   * it in the transaction that books, before it adds to a bucket.
   *
   * @param dimensions in the order in which they are served
   * @returns the dimension that takes its place, of each that has none
   */
  async assign(tx: EntityManager, dimensions: readonly string[]): Promise<Map<string, string>> {
    await this.read(tx);
    const unknown = dimensions.filter((each) => !this.isAlways(each) && !this.placed.has(each));
    const asked = unknown.filter((each) => !this.full.has(kindOf(each) as PlacedKind));
    const given: string[] = [];
    if (asked.length > 0) {
      await this.remember(tx, asked);
      for (const kind of PLACED_KINDS) {
        const wanted = asked.filter((each) => kindOf(each) === kind && !this.placed.has(each));
        if (wanted.length > 0) given.push(...(await this.give(tx, kind, wanted)));
      }
    }
    // The transaction may still be taken back.
    for (const each of given) this.placed.delete(each);
    const without = unknown.filter((each) => !this.placed.has(each) && !given.includes(each));
    return new Map(without.map((each) => [each, otherOf(kindOf(each) as PlacedKind)]));
  }

  /** Looks into the table again before anything else is booked. */
  forget(): void {
    this.readAt = null;
  }

  private async give(tx: EntityManager, kind: PlacedKind, wanted: readonly string[]): Promise<string[]> {
    const now = this.clock.now();
    const taken = await lockKind(tx, this.store.dialect, kind, now);
    await this.remember(tx, wanted);
    const free = Math.max(0, this.limits[kind] - taken);
    if (free === 0) {
      // From here on nobody is asked for: so all that others have given places to must be known.
      await this.readNow(tx, true);
      this.full.add(kind);
      return [];
    }
    const got = wanted.filter((each) => !this.placed.has(each)).slice(0, free);
    await insertPlaced(tx, kind, got, now);
    await setPlaces(tx, kind, taken + got.length);
    return got;
  }

  private async remember(tx: EntityManager, dimensions: readonly string[]): Promise<void> {
    for (const dimension of await placedAmong(tx, dimensions)) this.placed.add(dimension);
  }

  private async read(tx: EntityManager): Promise<void> {
    if (this.readAt !== null && Math.abs(this.clock.now() - this.readAt) < READ_EVERY_MS) return;
    await this.readNow(tx, false);
    this.full.clear();
  }

  /** @param latest also what others have committed since this transaction's first query, which MySQL hides */
  private async readNow(tx: EntityManager, latest: boolean): Promise<void> {
    const now = this.clock.now();
    const locks = latest && this.store.dialect === 'mysql';
    const rows = await tx.find(ReputationDimension, locks ? { lock: { mode: 'pessimistic_read' } } : {});
    const known = new Map(rows.map(({ dimension, kind }) => [dimension, kind]));
    const missing = [...this.own].filter((stream) => !known.has(stream));
    const foreign = [...this.own].filter((stream) => known.get(stream) === 'stream');
    if (missing.length > 0) await insertPlaced(tx, OWN_STREAM, missing, now);
    for (const dimension of foreign.toSorted()) await this.adopt(tx, dimension, now);
    this.placed = new Set(known.keys());
    // What this transaction has written may be taken back: look again with the next one.
    this.readAt = missing.length + foreign.length > 0 ? null : now;
  }

  /** Another application came first and gave this one's stream a place. */
  private async adopt(tx: EntityManager, dimension: string, now: number): Promise<void> {
    const taken = await lockKind(tx, this.store.dialect, 'stream', now);
    const { affected } = await tx.update(
      ReputationDimension,
      { dimension, kind: 'stream' },
      { kind: OWN_STREAM },
    );
    if (affected) await setPlaces(tx, 'stream', taken - 1);
  }
}
