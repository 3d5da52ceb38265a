import type { MetricDataResult } from '@aws-sdk/client-cloudwatch';

/** One figure, and the start of the period that it was taken of, in milliseconds since the epoch. */
export interface Figure {
  value: number;
  at: number;
}

/** The newest figure that is a fraction; what is none (CloudWatch has NaN) is no figure. */
export function newestFigure(results: readonly MetricDataResult[], id: string): Figure | null {
  let newest: Figure | null = null;
  for (const { Id, Timestamps = [], Values = [] } of results) {
    if (Id !== id) continue;
    for (const [index, timestamp] of Timestamps.entries()) {
      const value = Values[index];
      const at = timestamp.getTime();
      if (typeof value !== 'number' || !(value >= 0 && value <= 1)) continue;
      if (!newest || at > newest.at) newest = { value, at };
    }
  }
  return newest;
}
