import {
  DeleteSuppressedDestinationCommand,
  GetAccountCommand,
  ListSuppressedDestinationsCommand,
  PutSuppressedDestinationCommand,
  SESv2Client,
  type SuppressedDestinationSummary,
} from '@aws-sdk/client-sesv2';
import { Inject, Injectable } from '@nestjs/common';
import { describeError } from '../describe-error.js';
import { ApiPace } from '../ses/api-pace.js';
import { SES_CLIENT } from '../ses/tokens.js';
import { withoutRetry } from '../ses/without-retry.js';
import { classifyListError, type ListErrorKind } from './classify-list-error.js';

/** SES's own words. */
export type ListReason = 'BOUNCE' | 'COMPLAINT';

export interface ListedAddress {
  address: string;
  reason: string;
  /** `null` if SES does not say. */
  updatedAt: Date | null;
}

export interface ListFailure {
  kind: ListErrorKind;
  operation: string;
  why: string;
}

export type ListAnswer<T> = { value: T } | { failure: ListFailure };

const TIMEOUT_MS = 30_000;
const FIRST_BACK_OFF_MS = 2_000;
const LONGEST_BACK_OFF_MS = 60_000;
const ATTEMPTS = 8;

/** SES's list of the account, at the pace that SES allows. Errors of SES are answers; only `signal` throws. */
@Injectable()
export class SesAccountList {
  constructor(
    @Inject(SES_CLIENT) private readonly client: SESv2Client,
    private readonly pace: ApiPace,
  ) {}

  /** The region whose list is asked for; `null` where the client does not say. */
  async region(): Promise<string | null> {
    try {
      return (await this.client.config.region()) || null;
    } catch {
      return null;
    }
  }

  /** `entries` is `null` where the answer has no list in it. */
  async page(
    token: string | null,
    pageSize: number,
    signal: AbortSignal,
  ): Promise<ListAnswer<{ entries: ListedAddress[] | null; next: string | null }>> {
    const input = { NextToken: token ?? undefined, PageSize: pageSize };
    const answer = await this.ask('ListSuppressedDestinations', signal, (abortSignal) =>
      this.client.send(withoutRetry(new ListSuppressedDestinationsCommand(input)), { abortSignal }),
    );
    if ('failure' in answer) return answer;
    const { SuppressedDestinationSummaries: summaries, NextToken } = answer.value ?? {};
    const entries = Array.isArray(summaries) ? summaries.flatMap((summary) => listed(summary)) : null;
    return { value: { entries, next: NextToken || null } };
  }

  put(address: string, reason: ListReason, signal: AbortSignal): Promise<ListAnswer<unknown>> {
    const input = { EmailAddress: address, Reason: reason };
    return this.ask('PutSuppressedDestination', signal, (abortSignal) =>
      this.client.send(withoutRetry(new PutSuppressedDestinationCommand(input)), { abortSignal }),
    );
  }

  delete(address: string, signal: AbortSignal): Promise<ListAnswer<unknown>> {
    const input = { EmailAddress: address };
    return this.ask('DeleteSuppressedDestination', signal, (abortSignal) =>
      this.client.send(withoutRetry(new DeleteSuppressedDestinationCommand(input)), { abortSignal }),
    );
  }

  /** `false` where SES does not say. */
  async isSandbox(signal: AbortSignal): Promise<boolean> {
    const answer = await this.ask('GetAccount', signal, (abortSignal) =>
      this.client.send(withoutRetry(new GetAccountCommand({})), { abortSignal }),
    );
    return 'value' in answer && answer.value.ProductionAccessEnabled === false;
  }

  private async ask<T>(
    operation: string,
    signal: AbortSignal,
    send: (signal: AbortSignal) => Promise<T>,
  ): Promise<ListAnswer<T>> {
    const limited = () => send(AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
    for (let attempt = 1; ; attempt++) {
      try {
        return { value: await this.pace.run(limited, signal) };
      } catch (error) {
        signal.throwIfAborted();
        const kind = classifyListError(error);
        if (kind !== 'throttled' || attempt === ATTEMPTS) {
          return { failure: { kind, operation, why: describeError(error) } };
        }
      }
      await this.pace.pause(backOffMs(attempt), signal);
    }
  }
}

/** Nothing, of what names no address. */
function listed(summary: SuppressedDestinationSummary | null): ListedAddress[] {
  const { EmailAddress: address, Reason, LastUpdateTime } = summary ?? {};
  if (typeof address !== 'string') return [];
  const known = LastUpdateTime instanceof Date && !Number.isNaN(+LastUpdateTime);
  return [{ address, reason: String(Reason ?? ''), updatedAt: known ? LastUpdateTime : null }];
}

function backOffMs(attempt: number): number {
  const longest = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (attempt - 1));
  return longest * (0.5 + Math.random() / 2);
}
