import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { EventOutbox } from '../events/event-outbox.js';
import type { PendingEvent } from '../events/ses-events.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { ReputationLedger } from '../reputation/reputation-ledger.js';
import { EVERY_STREAM } from '../suppression/suppressed-address.entity.js';
import { SuppressionLedger } from '../suppression/suppression-ledger.js';
import { entriesOf } from './entries/entries-of.js';
import type { EntryContext, Fact, FeedbackEntry } from './entries/entry.js';
import { FeedbackPulse } from './feedback-pulse.js';
import { knownIds, rememberEntries } from './seen-entries.js';
import { parseSesEvent } from './ses-event/parse-ses-event.js';
import type { EventRecipient } from './ses-event/recipient.js';
import type { SesEvent } from './ses-event/ses-event.js';
import { forgetRuns, lockRuns, softBouncesInARow } from './soft-bounces.js';
import { storable } from './storable.js';
import { releasesOf, suppressionsOf, type Release } from './wanted-suppressions.js';

/** `repeated`: nothing new in it. `ignored`: not an SES event. */
export type IngestOutcome = 'stored' | 'repeated' | 'ignored';

/** Takes SES events in: stored, counted, suppressed in one transaction, then told. */
@Injectable()
export class FeedbackIngest {
  private readonly logger = new Logger('SesFeedback');

  constructor(
    private readonly clock: Clock,
    private readonly suppressions: SuppressionLedger,
    private readonly reputation: ReputationLedger,
    private readonly outbox: EventOutbox,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    private readonly pulse: FeedbackPulse,
  ) {}

  /**
   * @param message text of one SES event, verified or from a trusted queue
   * @param context.source the door it came by
   * @throws StoreUnavailableError: nothing was taken in, try again
   */
  async ingest(message: string, { source }: { source: string }): Promise<IngestOutcome> {
    const event = parseSesEvent(message);
    if (!event) {
      this.logger.debug(
        `Ignored a message that is not an SES event: ${JSON.stringify(message.slice(0, 100))}`,
      );
      return 'ignored';
    }
    this.pulse.heard(event.type);
    const context = this.contextOf(message, source);
    const entries = entriesOf(event, context).filter(matters);
    if (entries.length === 0) return 'repeated';
    return this.outbox.commit(async (tx, raise) => {
      const raised = await this.takeIn(tx, entries, namedIn(event, entries), context.receivedAt);
      if (raised === null) return 'repeated';
      raise(raised);
      return 'stored';
    });
  }

  private contextOf(raw: string, source: string): EntryContext {
    const streams = [...this.options.streams.values()];
    return {
      app: this.options.app,
      verified: this.options.reputation.verifiedIdentities,
      unsubscribable: streams.filter(({ unsubscribe }) => unsubscribe).map(({ name }) => name),
      store: this.options.feedback.store,
      source,
      receivedAt: new Date(this.clock.now()),
      raw,
    };
  }

  /** The events to raise after the commit; `null` if all of it was known. */
  private async takeIn(
    tx: EntityManager,
    entries: readonly FeedbackEntry[],
    named: readonly EventRecipient[],
    now: Date,
  ): Promise<PendingEvent[] | null> {
    const soft = softKeys(entries);
    await lockRuns(tx, soft, now);
    const erased = await this.suppressions.erased(
      tx,
      named.flatMap(({ key }) => key ?? []),
    );
    await forgetRuns(
      tx,
      soft.filter((key) => erased.has(key)),
    );
    const known = await knownIds(
      tx,
      entries.flatMap(({ id, facts }) => [id, ...facts.map((fact) => fact.id)]),
      entries.flatMap(({ row }) => row?.id ?? []),
    );
    const unknown = entries.filter(({ id }) => !known.has(id));
    if (unknown.length === 0) return null;
    const fresh = storable(unknown, named, erased);
    const facts = new Map<string, Fact>();
    for (const fact of fresh.flatMap((entry) => entry.facts)) {
      if (!known.has(fact.id) && !facts.has(fact.id)) facts.set(fact.id, fact);
    }
    await rememberEntries(tx, fresh, [...facts.keys()], now);
    const suppressed = await this.suppress(tx, fresh, now);
    // Last, since every other writer waits for the account's bucket from here to the commit.
    await this.reputation.book(
      tx,
      [...facts.values()].map(({ booking }) => booking),
    );
    return [...fresh.flatMap(({ events }) => events), ...suppressed];
  }

  private async suppress(
    tx: EntityManager,
    entries: readonly FeedbackEntry[],
    now: Date,
  ): Promise<PendingEvent[]> {
    const acting = entries.filter(({ suppression, soft }) => suppression !== null || soft);
    const keys = [...new Set(acting.flatMap(({ recipient }) => recipient?.key ?? []))];
    if (keys.length === 0) return [];
    const releases = await this.suppressions.releases(tx, keys);
    const wanted = [];
    for (const entry of acting) {
      const suppression = entry.suppression ?? (await this.endOfRun(tx, entry, releases));
      if (suppression) wanted.push(...suppressionsOf(entry, suppression, releases, now));
    }
    return wanted.length === 0 ? [] : this.suppressions.add(tx, wanted);
  }

  private async endOfRun(tx: EntityManager, { recipient }: FeedbackEntry, releases: readonly Release[]) {
    const { softBounceLimit } = this.options.suppression;
    const key = recipient?.key;
    if (softBounceLimit === false || !key) return null;
    const run = await softBouncesInARow(tx, key, releasesOf(key, EVERY_STREAM, releases));
    if (run < softBounceLimit) return null;
    return { reason: 'soft-bounces' as const, scopes: [EVERY_STREAM], note: `${run} soft bounces in a row` };
  }
}

/** This app's own sends are counted by its mailer: nothing is left to do for them. */
function matters({ row, facts, events }: FeedbackEntry): boolean {
  return row !== null || facts.length > 0 || events.length > 0;
}

/** Everybody the event names, whether it is about them or not. */
function namedIn({ mail }: SesEvent, entries: readonly FeedbackEntry[]): EventRecipient[] {
  const all = [...entries.flatMap(({ recipient }) => recipient ?? []), ...mail.destination];
  return [...new Map(all.map((recipient) => [recipient.address, recipient])).values()];
}

function softKeys(entries: readonly FeedbackEntry[]): string[] {
  return entries.flatMap(({ soft, recipient }) => (soft && recipient?.key ? [recipient.key] : []));
}
