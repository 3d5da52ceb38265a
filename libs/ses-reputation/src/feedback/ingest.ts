import { Inject, Injectable, Logger, Optional, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock } from '../clock.js';
import { StoreUnavailableError } from '../errors.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { ReputationLedger } from '../reputation/reputation-ledger.js';
import { settledWithin } from '../settled-within.js';
import { isOfTheWork } from '../store/driver-errors.js';
import { GroupCommit, type Retraction } from '../store/group-commit.js';
import { SuppressionLedger } from '../suppression/suppression-ledger.js';
import { entriesOf } from './entries/entries-of.js';
import type { EntryContext, FeedbackEntry } from './entries/entry.js';
import { DEFAULT_FEEDBACK_LIMITS, FEEDBACK_LIMITS, type FeedbackLimits } from './feedback-limits.js';
import { FeedbackOverloadedError } from './feedback-overloaded.error.js';
import { FeedbackPulse } from './feedback-pulse.js';
import { IngestOutbox } from './ingest-outbox.js';
import { parseSesEvent } from './ses-event/parse-ses-event.js';
import type { EventRecipient } from './ses-event/recipient.js';
import type { SesEvent } from './ses-event/ses-event.js';
import { takeIn, type IncomingEvent } from './take-in.js';

/** `repeated`: nothing new in it. `ignored`: not an SES event. */
export type IngestOutcome = 'stored' | 'repeated' | 'ignored';

/** So much a transaction: beyond it a commit costs next to nothing an event, and the next one only waits for longer. */
const GROUP = { group: 200, groupWeight: 1_000_000 };
/** An application that closes waits no longer for a database that hangs. */
const CLOSING_MS = 5_000;

/** Takes SES events in: stored, counted, suppressed in one transaction, then told; many events in one commit. */
@Injectable()
export class FeedbackIngest implements BeforeApplicationShutdown {
  private readonly logger = new Logger('SesFeedback');
  private readonly line: GroupCommit<IncomingEvent, IngestOutcome>;

  constructor(
    private readonly clock: Clock,
    private readonly suppressions: SuppressionLedger,
    private readonly reputation: ReputationLedger,
    private readonly outbox: IngestOutbox,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    private readonly pulse: FeedbackPulse,
    @Optional() @Inject(FEEDBACK_LIMITS) limits: FeedbackLimits | null = null,
  ) {
    this.line = new GroupCommit<IncomingEvent, IngestOutcome>(
      {
        commit: (events) => this.commit(events),
        isOfOne: (error) => !(error instanceof StoreUnavailableError) || isOfTheWork(error.cause),
        refusal: () =>
          new FeedbackOverloadedError(
            'too much feedback waits to be stored; the same again later is taken in',
          ),
      },
      { ...GROUP, ...waitingOf(limits ?? DEFAULT_FEEDBACK_LIMITS) },
    );
  }

  /** While the database is surely open: what was accepted is stored. */
  async beforeApplicationShutdown(): Promise<void> {
    await settledWithin(CLOSING_MS, this.line.idle());
  }

  /**
   * @param message text of one SES event, verified or from a trusted queue
   * @param context.source the door it came by
   * @param context.retraction takes it back as long as its commit has not begun: the promise stays pending then
   * @throws FeedbackOverloadedError if too much waits for the database
   * @throws StoreUnavailableError: nothing was taken in, try again
   */
  async ingest(
    message: string,
    { source, retraction }: { source: string; retraction?: Retraction },
  ): Promise<IngestOutcome> {
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
    const incoming = { entries, named: namedIn(event, entries), receivedAt: context.receivedAt };
    return this.line.add(incoming, message.length, retraction);
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

  private async commit(events: readonly IncomingEvent[]): Promise<IngestOutcome[]> {
    const parts = {
      suppressions: this.suppressions,
      reputation: this.reputation,
      softBounceLimit: this.options.suppression.softBounceLimit,
    };
    return this.outbox.commit(async (tx, raise) => {
      const { raised, insertions } = await takeIn(tx, events, parts);
      raise(
        raised.flatMap((some) => some ?? []),
        insertions,
      );
      return raised.map((some) => (some === null ? 'repeated' : 'stored'));
    });
  }
}

function waitingOf({ ingests, ingestBytes }: FeedbackLimits) {
  return { waiting: ingests, waitingWeight: ingestBytes };
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
