import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetAccountCommand,
  ListReputationEntitiesCommand,
  SESv2Client,
  type ReputationEntity,
} from '@aws-sdk/client-sesv2';
import { Inject, Injectable, Logger, Optional, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { describeError } from '../../describe-error.js';
import { SES_OPTIONS, type ResolvedOptions } from '../../options/ses-reputation-options.js';
import { ApiPace } from '../../ses/api-pace.js';
import { SES_CLIENT } from '../../ses/tokens.js';
import { accountStatus, type AccountStatus } from './account-status.js';
import { readRates, type AmazonRates } from './amazon-rates.js';
import { entityStatuses, worstEntities, type ReputationEntityStatus } from './reputation-entities.js';
import { SayOnce } from './say-once.js';
import { withinTime } from './within-time.js';

/** What Amazon said now; `null` what it did not say. */
export interface AmazonAnswer {
  account: AccountStatus | null;
  rates: AmazonRates | null;
}

const TIME_LIMIT_MS = 10_000;
const ENTITIES_EVERY_MS = 900_000;
const MOST_PAGES = 5;

/** Asks Amazon how the account stands. Never throws: what Amazon does not say is said in the log. */
@Injectable()
export class AmazonWord implements OnApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private readonly once = new SayOnce(this.logger);
  /** SES takes one request a second of an account, apart from sending. */
  protected readonly pauseMs: number = 1_000;
  private entitiesAskedAt = Number.NEGATIVE_INFINITY;
  private readonly onAccountCallbacks: ((account: AccountStatus) => void)[] = [];

  constructor(
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SES_CLIENT) private readonly client: SESv2Client,
    private readonly clock: Clock,
    @Optional() private readonly pace: ApiPace = new ApiPace(),
  ) {}

  /**
   * @param known what the last check stored: whose entities are fresh is not asked for them again
   * @param closing aborts what is under way; nothing is logged then
   */
  async ask(known: AccountStatus | null, closing: AbortSignal): Promise<AmazonAnswer> {
    const [account, rates] = await Promise.all([this.askSes(known, closing), this.askRates(closing)]);
    return { account, rates };
  }

  /** How the account stands, without its entities, when the API's turn has come; `null` if SES does not say. */
  async askAccount(closing: AbortSignal): Promise<AccountStatus | null> {
    const account = await this.attempt('account', closing, (abortSignal) =>
      this.pace.run(() => this.client.send(new GetAccountCommand({}), { abortSignal }), abortSignal),
    );
    return account && accountStatus(account, this.clock.now());
  }

  /** Called with each answer that a check gets. Must not throw. */
  onAccount(callback: (account: AccountStatus) => void): void {
    this.onAccountCallbacks.push(callback);
  }

  /** After the last check: the source may close its client. */
  async onApplicationShutdown(): Promise<void> {
    try {
      await this.options.reputation.amazonRates?.close?.();
    } catch (error) {
      this.logger.warn(`reputation.amazonRates could not be closed: ${describeError(error)}`);
    }
  }

  private async askSes(known: AccountStatus | null, closing: AbortSignal): Promise<AccountStatus | null> {
    const account = await this.attempt('account', closing, (abortSignal) =>
      this.pace.first(() => this.client.send(new GetAccountCommand({}), { abortSignal })),
    );
    if (!account) return null;
    const status = accountStatus(account, this.clock.now());
    for (const callback of this.onAccountCallbacks) callback(status);
    const entities = this.areEntitiesDue(known) ? await this.askEntities(closing) : null;
    return entities ? { ...status, entities, entitiesCheckedAt: new Date(this.clock.now()) } : status;
  }

  private areEntitiesDue(known: AccountStatus | null): boolean {
    const newest = Math.max(
      this.entitiesAskedAt,
      known?.entitiesCheckedAt?.getTime() ?? Number.NEGATIVE_INFINITY,
    );
    // A clock that was set back must not put it off for longer.
    return Math.abs(this.clock.now() - newest) >= ENTITIES_EVERY_MS;
  }

  private async askEntities(closing: AbortSignal): Promise<ReputationEntityStatus[] | null> {
    this.entitiesAskedAt = this.clock.now();
    const found = await this.attempt('entities', closing, (signal) => this.readEntities(signal));
    return found && worstEntities(entityStatuses(found));
  }

  private async readEntities(abortSignal: AbortSignal): Promise<ReputationEntity[]> {
    const found: ReputationEntity[] = [];
    let NextToken: string | undefined;
    for (let page = 1; page <= MOST_PAGES; page++) {
      await sleep(this.pauseMs, undefined, { signal: abortSignal });
      const answer = await this.pace.first(() =>
        this.client.send(new ListReputationEntitiesCommand({ NextToken }), { abortSignal }),
      );
      found.push(...(answer.ReputationEntities ?? []));
      NextToken = answer.NextToken;
      if (!NextToken) break;
    }
    return found;
  }

  private async askRates(closing: AbortSignal): Promise<AmazonRates | null> {
    const source = this.options.reputation.amazonRates;
    if (!source) return null;
    const given = await this.attempt('rates', closing, async (signal) => source.rates(signal));
    const { rates, odd } = readRates(given, this.clock.now());
    if (odd) this.once.say('odd rates', `What reputation.amazonRates gave makes no sense: ${odd}`);
    else if (rates) this.once.over('odd rates');
    return rates;
  }

  private async attempt<T>(
    what: keyof typeof UNANSWERED,
    closing: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | null> {
    try {
      const answer = await withinTime(TIME_LIMIT_MS, closing, work);
      this.once.over(what);
      return answer;
    } catch (error) {
      if (!closing.aborted) this.sayUnanswered(what, error);
      return null;
    }
  }

  private sayUnanswered(what: keyof typeof UNANSWERED, error: unknown): void {
    const { forbidden, failed } = UNANSWERED[what];
    const reason = refusal(error);
    if (reason === 'forbidden') this.once.say(what, forbidden);
    else if (reason === 'unknown')
      this.once.say(what, `SES does not know this request in its region: ${describeError(error)}`);
    else this.logger.warn(`${failed}: ${describeError(error)}`);
  }
}

const UNANSWERED = {
  account: {
    forbidden: 'IAM forbids ses:GetAccount: reports have no "account" until it is allowed',
    failed: 'SES did not say how the account stands',
  },
  entities: {
    forbidden:
      'IAM forbids ses:ListReputationEntities: reports have no "account.entities" until it is allowed',
    failed: 'SES did not say how it rates the identities and configuration sets',
  },
  rates: {
    forbidden: 'IAM forbids to read Amazon\'s rates (cloudwatch:GetMetricData): reports have no new "amazon"',
    failed: "reputation.amazonRates did not give Amazon's rates",
  },
};

/** Errors that asking again does not help against. */
function refusal(error: unknown): 'forbidden' | 'unknown' | null {
  if (!(error instanceof Error)) return null;
  if (error.name.startsWith('AccessDenied')) return 'forbidden';
  return /^UnknownOperation|^InvalidAction/.test(error.name) ? 'unknown' : null;
}
