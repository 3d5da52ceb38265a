import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { Store } from '../store/store.js';
import { storedAccountStatus } from './amazon/account-status.js';
import { knownRates } from './amazon/amazon-memory.js';
import { breakdown, checkedBreakdown, type BreakdownQuery, type BreakdownRow } from './breakdown.js';
import { DimensionPlaces } from './dimension-places.js';
import { ACCOUNT, kindOf, OTHER, otherOf } from './dimension.js';
import { measureFrom } from './measure.js';
import { ReputationCheck } from './reputation-check.js';
import { ReputationLedger } from './reputation-ledger.js';
import { dimensionOf, type ReportQuery } from './report-query.js';
import { reportOf, type ReputationReport } from './report.js';
import { readStanding } from './standing.js';

/** Bounce and complaint rates as Amazon takes them, and how near they are to Amazon's limits. */
@Injectable()
export class ReputationService {
  constructor(
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    private readonly store: Store,
    private readonly ledger: ReputationLedger,
    private readonly reputationCheck: ReputationCheck,
    private readonly clock: Clock,
    private readonly places: DimensionPlaces,
  ) {}

  /**
   * The rates of the account, or of one stream, recipient domain, mailbox provider or configuration set, over
   * its newest eligible emails (`reputation.window.volume`) and over fixed times. What has no place of its own is
   * counted together with all that has none: `countedAs` is then `other`. Its cost does not grow with the history.
   *
   * The account's levels, without `at`, go by the last check (a level is left below 90 % of its limit); all
   * others are judged without memory. Of mail older than 2 days the time is known to the hour, of mail older
   * than 32 days to the day; after two years it is forgotten.
   *
   * @throws InvalidReportQueryError for more than one part of the mail, or a name that can't be one
   * @throws StoreUnavailableError
   */
  async report(query: ReportQuery = {}): Promise<ReputationReport> {
    const asked = dimensionOf(query);
    const { reputation: rules } = this.options;
    await this.ledger.flush();
    const at = query.at?.getTime() ?? this.clock.now();
    return this.store.read(async (manager) => {
      // Of the minute that begins at a past `at`, nothing was sent by then; the one that runs now is counted.
      const upTo = at < this.clock.now() ? at - 1 : at;
      const dimension = await this.countedIn(manager, asked);
      const { first, state, events } = await readStanding(manager, this.options.app, dimension, upTo);
      const span = { at, upTo, volume: rules.windowVolume };
      const measured = await measureFrom(manager, dimension, span, first);
      const isOfNow = dimension === ACCOUNT && query.at === undefined;
      const amazon = isOfNow ? await knownRates(manager, this.options) : null;
      const account = storedAccountStatus(state.account);
      const report = reportOf(measured, at, rules, isOfNow ? state : null, account, amazon, events);
      // From another time it would foretell what has happened, or go by mail that is not there yet.
      const forecast = query.at === undefined ? report.forecast : null;
      return { ...report, forecast, countedAs: dimension.endsWith(`:${OTHER}`) ? 'other' : 'own' };
    });
  }

  /**
   * The streams, recipient domains, mailbox providers or configuration sets with mail of late, those with the most
   * first, counted as `windows` of their reports are. One query.
   *
   * @throws InvalidReportQueryError
   * @throws StoreUnavailableError
   */
  async breakdown(query: BreakdownQuery): Promise<BreakdownRow[]> {
    const checked = checkedBreakdown(query);
    await this.ledger.flush();
    const at = this.clock.now();
    return this.store.read((manager) => breakdown(manager, checked, at));
  }

  private async countedIn(manager: EntityManager, dimension: string): Promise<string> {
    const kind = kindOf(dimension);
    return kind === null || (await this.places.isPlaced(manager, dimension)) ? dimension : otherOf(kind);
  }

  /**
   * Does now what the scheduled check does: asks SES for the account's state, remembers the levels and raises
   * `ses.reputation.*` and `ses.account.changed` for what has changed.
   *
   * @throws StoreUnavailableError
   */
  check(): Promise<ReputationReport> {
    return this.reputationCheck.check();
  }
}
