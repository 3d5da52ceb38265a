import type { StreamPriority } from '../options/ses-reputation-options.js';
import type { ReputationLevel } from '../reputation/levels.js';
import type { ReputationReport } from '../reputation/report.js';

/** What the account's level asks of a stream: nothing, or a pause for one of the two levels that ask for one. */
export type Demand = 'none' | 'review' | 'pause';

const BY_URGENCY: readonly Demand[] = ['none', 'review', 'pause'];

/** At `review` bulk streams pause, at `pause` normal ones too, critical ones never. */
export function demandOf(level: ReputationLevel, priority: StreamPriority): Demand {
  if (priority === 'critical' || level === 'healthy' || level === 'warning') return 'none';
  return priority === 'normal' && level === 'review' ? 'none' : level;
}

export function isMoreUrgent(a: Demand, b: Demand): boolean {
  return BY_URGENCY.indexOf(a) > BY_URGENCY.indexOf(b);
}

/** The account's level in words, with the figures behind it. */
export function levelReason(report: ReputationReport): string {
  const metrics = (['bounce', 'complaint'] as const).filter((name) => report[name].level === report.level);
  const figures = metrics.map((name) => {
    const { rate, count, volume } = report[name];
    return `${name} rate ${percent(rate)} (${count} of ${volume} emails)`;
  });
  return `the account is at level ${report.level}: ${figures.join(', ')}`;
}

/** `0.0512` as `5.12 %`. */
export function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(3))} %`;
}
