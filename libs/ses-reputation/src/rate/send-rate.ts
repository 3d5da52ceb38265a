import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../clock.js';
import type { ResolvedRate } from '../options/rate-options.js';
import { SES_OPTIONS, type ResolvedOptions, type StreamPriority } from '../options/ses-reputation-options.js';
import type { AccountStatus } from '../reputation/amazon/account-status.js';
import { AmazonWord } from '../reputation/amazon/amazon-word.js';
import { sizeSockets } from '../ses/ses-client.js';
import { SES_CLIENT } from '../ses/tokens.js';
import { SES_DATA_SOURCE } from '../store/tokens.js';
import { DatabaseRateStore } from './database-rate-store.js';
import { RateMember, type SendRateStatus } from './rate-member.js';
import type { RateStore } from './rate-store.js';
import { RedisRateStore } from './redis-rate-store.js';
import type { AccountFigures } from './shared-rate.js';
import { TurnQueue } from './turn-queue.js';
import { TurnRefusedError } from './turn-refused.error.js';

/** The turns of one message: one for each attempt. */
export interface Turns {
  /**
   * Resolves when SES may be asked; `undefined`: at once. Rejects with {@link TurnRefusedError}, also when `signal`
   * aborts.
   */
  next(signal?: AbortSignal): Promise<void> | undefined;
  /** SES answered that there are too many a second. */
  throttled(): void;
  /** SES answered that the day's quota is used up. */
  quotaUsedUp(): void;
}

const AT_ONCE: Turns = { next: () => undefined, throttled: () => undefined, quotaUsedUp: () => undefined };

/** When mail may go to SES: the account's rate and 24-hour quota, shared by all instances. */
@Injectable()
export class SendRate implements BeforeApplicationShutdown {
  private readonly closing = new AbortController();
  private readonly parts: { rate: ResolvedRate; queue: TurnQueue; member: RateMember } | null;
  private store: Promise<RateStore> | null = null;

  constructor(
    @Inject(SES_OPTIONS) options: ResolvedOptions,
    @Inject(SES_CLIENT) private readonly client: SESv2Client,
    @Inject(SES_DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly amazon: AmazonWord,
    private readonly clock: Clock,
  ) {
    this.parts = options.rate && this.start(options.rate);
  }

  /**
   * Asks for a message, or a call of several: SES counts recipients.
   *
   * @param emails recipients that SES will count
   */
  turnsOf(emails: number, priority: StreamPriority): Turns {
    if (!this.parts) return AT_ONCE;
    const { rate, queue, member } = this.parts;
    let generation = 0;
    return {
      next: (signal) => {
        member.touch();
        if (priority !== 'critical' && isKept(member, emails, rate.reserve)) {
          member.quotaUsedUp();
          return Promise.reject(new TurnRefusedError('quota'));
        }
        generation = member.generation;
        const waiting = queue.take(emails, priority, signal);
        if (!waiting) return undefined;
        member.hungry();
        return waiting.then(() => void (generation = member.generation));
      },
      throttled: () => member.throttled(generation),
      quotaUsedUp: () => member.quotaUsedUp(),
    };
  }

  /** Recipients of one call that this process's share of the rate has room for; 1 or more, `Infinity` without a limit. */
  mostAtOnce(priority: StreamPriority): number {
    return Math.max(1, this.parts?.queue.most(priority) ?? Number.POSITIVE_INFINITY);
  }

  /** What is known now, and what waits; `null` before the first send, and with `rate: false`. */
  get status(): SendRateStatus | null {
    return this.parts?.member.status ?? null;
  }

  /** What waits gives up; what the host still sends goes as it comes. The share is the others'. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing.abort();
    this.parts?.queue.close();
    await this.parts?.member.leave();
  }

  private start(rate: ResolvedRate): { rate: ResolvedRate; queue: TurnQueue; member: RateMember } {
    const queue = new TurnQueue(rate.reserve, rate.maxWaitMs);
    const member = new RateMember(rate, {
      queue,
      store: () => (this.store ??= this.open(rate)),
      ask: async () => figuresOf(await this.amazon.askAccount(this.closing.signal)),
      hear: (perSecond) => sizeSockets(this.client, perSecond),
      now: () => this.clock.now(),
    });
    this.amazon.onAccount((account) => {
      const figures = figuresOf(account);
      if (figures) member.learn(figures);
    });
    return { rate, queue, member };
  }

  private async open(rate: ResolvedRate): Promise<RateStore> {
    const name = `send-rate:${rate.name ?? (await regionOf(this.client))}`;
    if (rate.redis) return new RedisRateStore(rate.redis, `ses-reputation:${name}`);
    return new DatabaseRateStore(this.dataSource, name);
  }
}

function isKept({ quota }: RateMember, emails: number, reserve: number): boolean {
  return quota !== null && quota.used + emails > quota.most * (1 - reserve);
}

function figuresOf(account: AccountStatus | null): AccountFigures | null {
  if (!account || !(account.quota.maxSendRate > 0)) return null;
  const { maxSendRate, max24HourSend, sentLast24Hours } = account.quota;
  return {
    perSecond: maxSendRate,
    perDay: max24HourSend > 0 ? max24HourSend : null,
    sentBefore: sentLast24Hours,
  };
}

async function regionOf(client: SESv2Client): Promise<string> {
  try {
    return (await client.config.region()).slice(0, 64);
  } catch {
    return 'default';
  }
}
