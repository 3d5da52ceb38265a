import { numberThat, orNull, type RulesFor } from '../members-check.js';
import type { ReputationFigures } from '../cloudwatch/metrics.js';
import { hasReputationMetrics, type ConfigurationSets } from './configuration-sets.js';
import type { EnforcementStatus } from './account.js';
import type { RatesAmazonSees } from './seen-rates.js';

/** Rates that Amazon is to have, whatever mail there was. */
export interface GivenReputation {
  /** From 0 to 1; `null` (the default): Amazon has no figure. */
  bounceRate?: number | null;
  complaintRate?: number | null;
  /** When Amazon took them, in milliseconds since the epoch. Default: a minute ago, whenever it is asked. */
  at?: number;
}

const FRACTION = numberThat('a fraction from 0 to 1', (rate) => rate >= 0 && rate <= 1);

export const REPUTATION_RULES: RulesFor<GivenReputation> = {
  bounceRate: orNull(FRACTION),
  complaintRate: orNull(FRACTION),
  at: numberThat('milliseconds since the epoch', () => true),
};

/** CloudWatch is a moment behind. */
const LAG_MS = 60_000;
const REVIEW = { bounceRate: 0.05, complaintRate: 0.001 };
const PAUSE = { bounceRate: 0.1, complaintRate: 0.005 };

/** Amazon's figures: those that a test has given, or those of the mail. */
export class AmazonFigures {
  private given: GivenReputation | null = null;

  constructor(
    private readonly seen: RatesAmazonSees,
    private readonly sets: ConfigurationSets,
    private readonly now: () => number,
  ) {}

  /** `null`: those of the mail again. */
  give(given: GivenReputation | null): void {
    this.given = given;
  }

  /** What CloudWatch has of the account or of one configuration set; `null` where it has no such metrics. */
  of(configurationSet?: string): ReputationFigures | null {
    if (configurationSet !== undefined) {
      const set = this.sets.find(configurationSet);
      if (!set || !hasReputationMetrics(set)) return null;
    } else if (this.given) {
      const { bounceRate = null, complaintRate = null, at } = this.given;
      return { bounceRate, complaintRate, at: at ?? this.now() - LAG_MS };
    }
    const { volume, bounceRate, complaintRate } = this.seen.rates(configurationSet);
    return volume === 0 ? null : { bounceRate, complaintRate, at: this.now() - LAG_MS };
  }

  /** What Amazon would do at these rates once so many emails count. Given rates stand for enough mail. */
  enforcement(from: number): EnforcementStatus {
    const figures = this.of();
    if (!figures || (!this.given && this.seen.rates().volume < from)) return 'HEALTHY';
    const reaches = (limits: typeof REVIEW) =>
      (figures.bounceRate ?? 0) >= limits.bounceRate || (figures.complaintRate ?? 0) >= limits.complaintRate;
    if (reaches(PAUSE)) return 'SHUTDOWN';
    return reaches(REVIEW) ? 'PROBATION' : 'HEALTHY';
  }
}
