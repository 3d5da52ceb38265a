import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Raise } from '../../events/event-outbox.js';
import { SES_OPTIONS, type ResolvedOptions } from '../../options/ses-reputation-options.js';
import type { CheckFindings, CheckStep } from '../check-step.js';
import { readAmazonMemory, writeAmazonMemory } from './amazon-memory.js';
import { differs, isStale } from './difference.js';

const METRICS = ['bounce', 'complaint'] as const;

/** Keeps Amazon's newest rates, and raises `ses.reputation.differs` once ours leave their neighbourhood. */
@Injectable()
export class DifferenceStep implements CheckStep {
  constructor(@Inject(SES_OPTIONS) private readonly options: ResolvedOptions) {}

  async decide(tx: EntityManager, findings: CheckFindings, raise: Raise): Promise<void> {
    if (!this.options.reputation.amazonRates) return;
    const before = await readAmazonMemory(tx, this.options.app);
    const after = {
      rates: findings.amazonRates ?? before.rates,
      differs: this.judge(findings, before.differs, raise),
    };
    if (isDeepStrictEqual(before, after)) return;
    await writeAmazonMemory(tx, this.options.app, after, new Date(findings.now));
  }

  /** What can't be judged now (no figure, an old one, too little mail) stays as it was. */
  private judge({ now, id, report }: CheckFindings, before: Judgement, raise: Raise): Judgement {
    const { tolerance, minimumVolume } = this.options.reputation;
    const { amazon } = report;
    const after = { ...before };
    if (!amazon || isStale(amazon, now)) return after;
    for (const metric of METRICS) {
      const compared = amazon[metric];
      if (!compared || report[metric].volume < minimumVolume) continue;
      after[metric] = differs(compared, tolerance[metric], before[metric]);
      if (!after[metric] || before[metric]) continue;
      raise([
        {
          name: 'ses.reputation.differs',
          payload: {
            id: `${id}:${metric}:differs`,
            at: new Date(now),
            metric,
            ours: report[metric].rate,
            amazons: compared.rate,
            difference: compared.difference,
            tolerance: tolerance[metric],
          },
        },
      ]);
    }
    return after;
  }
}

type Judgement = { bounce: boolean; complaint: boolean };
