import { invalidValue, missingParameter } from './errors.js';
import type { Fields } from './fields.js';
import { datapointOf, type FigureSource } from './metrics.js';

/** What an operation gives back: `Date`s, numbers, texts, lists and structures, written by the protocol. */
export type Result = Record<string, unknown>;

type Operation = (request: Fields, figures: FigureSource) => Result;

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries({ GetMetricData: getMetricData, GetMetricStatistics: getMetricStatistics }),
);

const MOST_QUERIES = 500;
const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'];

function getMetricData(request: Fields, figures: FigureSource): Result {
  const queries = request.structures('MetricDataQueries');
  if (queries.length === 0) throw missingParameter('MetricDataQueries');
  if (queries.length > MOST_QUERIES)
    throw invalidValue(`There may be ${MOST_QUERIES} MetricDataQueries at most.`);
  const time = { from: request.time('StartTime'), to: request.time('EndTime') };
  const results = queries.map((query) => {
    const Id = query.text('Id');
    if (!query.has('MetricStat'))
      throw invalidValue(`This simulator knows no expressions: ${Id} needs a MetricStat.`);
    const stat = query.fields('MetricStat');
    const metric = stat.fields('Metric');
    const point = datapointOf({ metric, period: stat.period('Period'), ...time }, figures);
    return {
      Id,
      Label: query.optionalText('Label') ?? metric.text('MetricName'),
      Timestamps: point ? [new Date(point.start)] : [],
      Values: point ? [statistic(stat.text('Stat'), point.value)] : [],
      StatusCode: 'Complete',
    };
  });
  return { MetricDataResults: results, Messages: [] };
}

function getMetricStatistics(request: Fields, figures: FigureSource): Result {
  const wanted = request.list('Statistics').map(String);
  if (wanted.length === 0) throw missingParameter('Statistics or ExtendedStatistics');
  for (const name of wanted)
    if (!STATISTICS.includes(name)) throw invalidValue(`Statistics may be ${STATISTICS.join(', ')}.`);
  const time = { from: request.time('StartTime'), to: request.time('EndTime') };
  const point = datapointOf({ metric: request, period: request.period('Period'), ...time }, figures);
  const values = point && Object.fromEntries(wanted.map((name) => [name, statistic(name, point.value)]));
  return {
    Label: request.text('MetricName'),
    Datapoints: point ? [{ Timestamp: new Date(point.start), ...values, Unit: 'None' }] : [],
  };
}

/** There is one sample a period. */
function statistic(name: string, value: number): number {
  return name === 'SampleCount' ? 1 : value;
}
