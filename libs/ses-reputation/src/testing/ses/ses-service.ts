import { randomUUID } from 'node:crypto';
import type { SimulatorRequest, SimulatorResponse } from '../http.js';
import type { RulesFor } from '../members-check.js';
import { CloudWatchService } from '../cloudwatch/cloudwatch-service.js';
import { Account, dailyQuotaExceeded, sendingRateExceeded, type AccountOptions } from './account.js';
import { ConfigurationSets, type Topics } from './configuration-sets.js';
import { EventPublisher } from './event-publisher.js';
import { FaultPlan, sesFaultRules, type SesFaults } from './faults.js';
import { Feedback } from './feedback.js';
import { Identities } from './identities.js';
import { Outbox } from './outbox.js';
import { findRoute, type Route } from './router.js';
import { ReputationEntities } from './reputation-entities.js';
import { AmazonFigures } from './reputation-figures.js';
import { RatesAmazonSees } from './seen-rates.js';
import { SendRate } from './send-limits.js';
import { Sending } from './sending.js';
import { accessDenied, SesApiError, tooManyRequests } from './ses-error.js';
import { SuppressionList } from './suppression-list.js';
import { Templates } from './templates.js';

export interface SesServiceOptions extends AccountOptions {
  region: string;
  account: string;
  /** Calls a second of everything but sending. Default: no limit; Amazon's is 1. */
  apiRate?: number;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** `'cut'`: the connection breaks without an answer. */
export type SesAnswer = SimulatorResponse | 'cut';

const SENDING = new Set(['SendEmail', 'SendBulkEmail']);

/** Amazon SES, API version 2, of one account in one region. */
export class SesService {
  readonly account: Account;
  readonly sets: ConfigurationSets;
  readonly identities: Identities;
  readonly feedback: Feedback;
  readonly outbox = new Outbox();
  readonly figures: AmazonFigures;
  readonly entities: ReputationEntities;
  private readonly routes: Route[];
  private readonly apiRate: SendRate | null;
  private readonly enforceFrom: number;
  private faults = new FaultPlan({});

  constructor(options: SesServiceOptions, topics: Topics) {
    const { region, account, now } = options;
    this.account = new Account(options, now);
    this.sets = new ConfigurationSets(topics);
    this.identities = new Identities(region, this.account.productionAccess);
    const list = new SuppressionList(now, () => this.account.productionAccess);
    const templates = new Templates(now);
    const seen = new RatesAmazonSees((address) => this.identities.covering(address) !== undefined);
    this.figures = new AmazonFigures(seen, this.sets, now);
    this.entities = new ReputationEntities({ region, account }, () => this.entityNames(), now);
    const publisher = new EventPublisher(topics, this.sets, this.identities, { region, account });
    this.feedback = new Feedback(
      publisher,
      list,
      ({ configurationSet }) =>
        (configurationSet !== undefined && this.sets.find(configurationSet)?.suppressedReasons) ||
        this.account.suppressedReasons,
      now,
      seen,
    );
    const { account: owner, sets, identities, feedback, outbox } = this;
    const sending = new Sending({
      account: owner,
      sets,
      identities,
      templates,
      feedback,
      outbox,
      region,
      now,
      bulkFault: () => this.faults.takeBulkStatus(),
    });
    const parts = [sending, owner, list, sets, identities, templates, this.entities];
    this.routes = parts.flatMap((part) => part.routes());
    this.enforceFrom = options.enforceFrom ?? Number.POSITIVE_INFINITY;
    this.apiRate = options.apiRate === undefined ? null : new SendRate(options.apiRate, now);
  }

  /** What `fail` takes. */
  get faultRules(): RulesFor<SesFaults> {
    const operations = this.routes.map(({ operation }) => operation);
    return sesFaultRules(operations, CloudWatchService.operations);
  }

  /** Faults from now on, in place of those before; checked against `faultRules` by the caller. */
  fail(faults: SesFaults): void {
    this.faults = new FaultPlan(faults);
  }

  handle(request: SimulatorRequest): SesAnswer {
    try {
      checkAuthorization(request);
      const { route, call } = findRoute(this.routes, request);
      if (this.faults.isDenied(route.operation)) throw accessDenied(route.operation);
      this.enforce();
      const outage = this.faults.takeOutage(route.operation);
      if (outage?.kind === 'cut-before') return 'cut';
      if (outage?.kind === 'status')
        throw new SesApiError('ServiceUnavailableException', outage.status, 'SES is down, as asked for.');
      this.throttle(route.operation);
      const result = route.handle(call()) ?? {};
      return outage?.kind === 'cut-after' ? 'cut' : answer(200, {}, result);
    } catch (error) {
      if (error instanceof SesApiError)
        return answer(error.status, { 'x-amzn-ErrorType': error.errorType }, { message: error.message });
      throw error;
    }
  }

  private enforce(): void {
    if (this.enforceFrom === Number.POSITIVE_INFINITY) return;
    this.account.enforce(this.figures.enforcement(this.enforceFrom));
  }

  private entityNames(): string[] {
    const sets = this.sets.names.map((name) => `configuration-set/${name}`);
    return [...sets, ...this.identities.names.map((name) => `identity/${name}`)];
  }

  private throttle(operation: string): void {
    if (!SENDING.has(operation)) {
      if (this.apiRate && !this.apiRate.take(1)) throw tooManyRequests('Rate exceeded');
      return;
    }
    const throttled = this.faults.takeThrottle();
    if (throttled) throw throttled === 'rate' ? sendingRateExceeded() : dailyQuotaExceeded();
  }
}

/** The signature isn't checked: no test has Amazon's keys. That there is one, and for SES, is. */
function checkAuthorization({ headers }: SimulatorRequest): void {
  const authorization = String(headers.authorization ?? '');
  if (!/^AWS4-\S+\s+Credential=[^,\s]*\/ses\/aws4_request\b/.test(authorization))
    throw new SesApiError('MissingAuthenticationTokenException', 403, 'Missing Authentication Token');
}

function answer(status: number, headers: Record<string, string>, body: object): SimulatorResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-RequestId': randomUUID(), ...headers },
    body: JSON.stringify(body),
  };
}
