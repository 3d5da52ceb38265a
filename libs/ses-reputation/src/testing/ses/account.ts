import type { Members } from './members.js';
import { route, type Route } from './router.js';
import { DailyQuota, SendRate } from './send-limits.js';
import { badRequest, messageRejected, SesApiError, tooManyRequests } from './ses-error.js';
import { isMailboxSimulator } from './recipient-fate.js';
import { readReason, type SuppressionReason } from './suppression-list.js';

export type EnforcementStatus = 'HEALTHY' | 'PROBATION' | 'SHUTDOWN';

/** How the simulated account starts. */
export interface AccountOptions {
  /** False: the sandbox, with 200 a day, 1 a second, and verified recipients only. Default true. */
  productionAccess?: boolean;
  /** Recipients a second (`MaxSendRate`). Default 14, in the sandbox 1. */
  sendRate?: number;
  /** Recipients in any 24 hours (`Max24HourSend`), -1 for no limit. Default 50,000, in the sandbox 200. */
  quota?: number;
  sendingEnabled?: boolean;
  /** SHUTDOWN refuses mail with `AccountSuspendedException`. Default HEALTHY. */
  enforcementStatus?: EnforcementStatus;
  /** What puts an address on the account's suppression list. Default both. */
  suppressedReasons?: SuppressionReason[];
  /**
   * Once so many emails count, the account is put under review at 5 % hard bounces or 0.1 % complaints, and shut
   * down at 10 % or 0.5 %, as Amazon may. Default: never by itself.
   */
  enforceFrom?: number;
}

/** What Amazon, or the account's owner, may change. */
export interface AccountChanges {
  enforcementStatus?: EnforcementStatus;
  sendingEnabled?: boolean;
  /** Amazon's review of the request for production access; `null`: there was none. */
  review?: AccountReview | null;
  /** Recipients a second (`MaxSendRate`) from now on. */
  sendRate?: number;
  /** Recipients in any 24 hours (`Max24HourSend`) from now on, -1 for no limit. */
  quota?: number;
}

export interface AccountReview {
  status: 'PENDING' | 'FAILED' | 'GRANTED' | 'DENIED';
  caseId?: string;
}

/** The account's switches and limits. */
export class Account {
  readonly productionAccess: boolean;
  suppressedReasons: SuppressionReason[];
  enforcementStatus: EnforcementStatus;
  private sendingEnabled: boolean;
  private review: AccountReview | null = null;
  private readonly rate: SendRate;
  private readonly quota: DailyQuota;

  constructor(options: AccountOptions, now: () => number) {
    this.productionAccess = options.productionAccess ?? true;
    this.suppressedReasons = options.suppressedReasons ?? ['BOUNCE', 'COMPLAINT'];
    this.enforcementStatus = options.enforcementStatus ?? 'HEALTHY';
    this.sendingEnabled = options.sendingEnabled ?? true;
    this.rate = new SendRate(options.sendRate ?? (this.productionAccess ? 14 : 1), now);
    this.quota = new DailyQuota(options.quota ?? (this.productionAccess ? 50_000 : 200), now);
  }

  /** @throws AccountSuspendedException, SendingPausedException */
  checkSendingAllowed(): void {
    if (this.enforcementStatus === 'SHUTDOWN')
      throw new SesApiError('AccountSuspendedException', 400, 'Sending suspended for this account.');
    if (!this.sendingEnabled)
      throw new SesApiError('SendingPausedException', 400, 'Sending paused for this account.');
  }

  /**
   * Books one message. Mailbox-simulator recipients count against the rate, not against the quota.
   *
   * @throws TooManyRequestsException, with nothing booked
   */
  take(recipients: readonly string[]): void {
    const counted = recipients.filter((address) => !isMailboxSimulator(address)).length;
    if (counted > 0 && this.quota.exhausted) throw dailyQuotaExceeded();
    if (!this.rate.take(recipients.length)) throw sendingRateExceeded();
    this.quota.book(counted);
  }

  change({ enforcementStatus, sendingEnabled, review, sendRate, quota }: AccountChanges): void {
    this.rate.perSecond = sendRate ?? this.rate.perSecond;
    this.quota.max = quota ?? this.quota.max;
    this.enforcementStatus = enforcementStatus ?? this.enforcementStatus;
    this.sendingEnabled = sendingEnabled ?? this.sendingEnabled;
    if (review !== undefined) this.review = review;
  }

  /** Amazon's decision; it takes none back by itself. */
  enforce(decided: EnforcementStatus): void {
    const severity = (status: EnforcementStatus) => ['HEALTHY', 'PROBATION', 'SHUTDOWN'].indexOf(status);
    if (severity(decided) > severity(this.enforcementStatus)) this.enforcementStatus = decided;
  }

  routes(): Route[] {
    return [
      route('GetAccount', 'GET', 'account', () => this.get()),
      route('PutAccountSendingAttributes', 'PUT', 'account/sending', ({ body }) => this.putSending(body)),
      route('PutAccountSuppressionAttributes', 'PUT', 'account/suppression', ({ body }) => {
        this.suppressedReasons = (body.texts('SuppressedReasons') ?? []).map(readReason);
      }),
    ];
  }

  private putSending(body: Members): void {
    const enabled = body.flag('SendingEnabled') ?? false;
    if (enabled && this.enforcementStatus === 'SHUTDOWN')
      throw badRequest('Sending was paused by Amazon SES: it can only be resumed through a review.');
    this.sendingEnabled = enabled;
  }

  private get(): object {
    return {
      DedicatedIpAutoWarmupEnabled: false,
      EnforcementStatus: this.enforcementStatus,
      ProductionAccessEnabled: this.productionAccess,
      SendQuota: {
        Max24HourSend: this.quota.max,
        MaxSendRate: this.rate.perSecond,
        SentLast24Hours: this.quota.used,
      },
      SendingEnabled: this.sendingEnabled && this.enforcementStatus !== 'SHUTDOWN',
      SuppressionAttributes: { SuppressedReasons: this.suppressedReasons },
      Details: this.review
        ? { ReviewDetails: { Status: this.review.status, CaseId: this.review.caseId } }
        : undefined,
      VdmAttributes: { VdmEnabled: 'DISABLED' },
    };
  }
}

export const sendingRateExceeded = () => tooManyRequests('Maximum sending rate exceeded.');
export const dailyQuotaExceeded = () => tooManyRequests('Daily message quota exceeded.');

export function notVerified(identities: string[], region: string): SesApiError {
  return messageRejected(
    `Email address is not verified. The following identities failed the check in region ${region.toUpperCase()}: ${identities.join(', ')}`,
  );
}
