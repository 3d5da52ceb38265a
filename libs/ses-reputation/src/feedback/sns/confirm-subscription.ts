import { Inject, Injectable } from '@nestjs/common';
import { SES_OPTIONS, type ResolvedOptions } from '../../options/ses-reputation-options.js';
import { BoundedMap } from '../bounded-map.js';
import { FEEDBACK_LIMITS, type FeedbackLimits } from '../feedback-limits.js';
import type { ConfirmationEnvelope } from './envelope.js';
import { fetchFromSns } from './fetch-from-sns.js';

const KEPT_CONFIRMATIONS = 1_000;

/** Confirms subscriptions by visiting the `SubscribeURL` of a verified envelope. */
@Injectable()
export class SubscriptionConfirmer {
  /** By URL, which holds topic and token. */
  private readonly confirmations = new BoundedMap<string, Promise<void>>(KEPT_CONFIRMATIONS);

  constructor(
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(FEEDBACK_LIMITS) private readonly limits: FeedbackLimits,
  ) {}

  /**
   * Visits a URL once, however often and however many at a time its envelope comes.
   *
   * @returns whether this call was the one that confirmed
   * @throws FeedbackRefusedError 503 if Amazon did not confirm; the next call tries again
   */
  async confirm({ SubscribeURL: url }: ConfirmationEnvelope): Promise<boolean> {
    const known = this.confirmations.get(url);
    if (known) {
      await known;
      return false;
    }
    const confirming = this.visit(url);
    this.confirmations.set(url, confirming);
    try {
      await confirming;
      return true;
    } catch (error) {
      this.confirmations.delete(url);
      throw error;
    }
  }

  private async visit(url: string): Promise<void> {
    await fetchFromSns(this.options.feedback.fetch, url, this.limits.fetchMs);
  }
}
