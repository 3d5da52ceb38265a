import { invalidValue } from './errors.js';
import type { Fields } from './fields.js';

/** What CloudWatch knows of the account's, or a configuration set's, reputation. */
export interface ReputationFigures {
  /** `null`: CloudWatch has no figure. */
  bounceRate: number | null;
  complaintRate: number | null;
  /** When they were taken, in milliseconds since the epoch. */
  at: number;
}

/** `null`: there are no metrics of that configuration set. */
export type FigureSource = (configurationSet: string | undefined) => ReputationFigures | null;

export interface Datapoint {
  /** Start of its period, in milliseconds since the epoch. */
  start: number;
  value: number;
}

/** Which metric over which time. */
export interface MetricRequest {
  metric: Fields;
  /** Seconds. */
  period: number;
  from: number;
  to: number;
}

const NAMESPACE = 'AWS/SES';
const SET = 'ses:configuration-set';

/** The one datapoint that falls into the time asked for, if there is one. Other metrics than SES's have none. */
export function datapointOf(
  { metric, period, from, to }: MetricRequest,
  figures: FigureSource,
): Datapoint | null {
  if (from >= to) throw invalidValue('The parameter StartTime must be less than the parameter EndTime.');
  const found = figureOf(metric, figures);
  if (!found) return null;
  const start = floor(found.at, period);
  return start >= floor(from, period) && start < to ? { start, value: found.value } : null;
}

function figureOf(metric: Fields, figures: FigureSource): { value: number; at: number } | null {
  const name = metric.text('MetricName');
  const dimensions = metric
    .structures('Dimensions')
    .map((one) => [one.text('Name'), one.text('Value')] as const);
  if (metric.text('Namespace') !== NAMESPACE || dimensions.length > 1) return null;
  const [dimension] = dimensions;
  if (dimension && dimension[0] !== SET) return null;
  const known = figures(dimension?.[1]);
  const values: Record<string, number | null | undefined> = {
    'Reputation.BounceRate': known?.bounceRate,
    'Reputation.ComplaintRate': known?.complaintRate,
  };
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  return known && typeof value === 'number' ? { value, at: known.at } : null;
}

function floor(time: number, periodSeconds: number): number {
  return Math.floor(time / (periodSeconds * 1_000)) * periodSeconds * 1_000;
}
