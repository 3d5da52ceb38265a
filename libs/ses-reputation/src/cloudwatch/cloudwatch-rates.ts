import {
  CloudWatchClient,
  GetMetricDataCommand,
  type CloudWatchClientConfig,
  type MetricDataQuery,
  type MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import { SesReputationError } from '../errors.js';
import type { AmazonRatesSource } from '../options/ses-reputation-options.js';
import { newestFigure } from './newest-figure.js';
import {
  resolveRatesOptions,
  type CloudWatchRatesOptions,
  type ResolvedRatesOptions,
} from './resolve-options.js';

export type { CloudWatchRatesOptions } from './resolve-options.js';

const METRICS = { bounce: 'Reputation.BounceRate', complaint: 'Reputation.ComplaintRate' };
const LIMITS = { connectionTimeout: 5_000, socketTimeout: 10_000 };
const MOST_PAGES = 5;

/**
 * Amazon's own bounce and complaint rate, from CloudWatch (namespace `AWS/SES`): for `reputation.amazonRates`.
 * Needs `cloudwatch:GetMetricData`, and one `GetMetricData` of two metrics is paid for a check.
 *
 * `rates` rejects with the SDK's error, and with `AccessDeniedByCloudWatchError` where CloudWatch withholds a metric.
 *
 * @throws SesReputationConfigError for an option that is unknown or makes no sense
 * @example
 * reputation: { amazonRates: cloudWatchRates({ client: { region: 'eu-west-1' } }) }
 */
export function cloudWatchRates(options: CloudWatchRatesOptions = {}): Required<AmazonRatesSource> {
  const resolved = resolveRatesOptions(options);
  const isOwn = !isReady(resolved.client);
  const client = isReady(resolved.client)
    ? resolved.client
    : new CloudWatchClient({ requestHandler: LIMITS, ...resolved.client });
  return {
    rates: (signal) => readRates(client, resolved, signal),
    close: () => {
      if (isOwn) client.destroy();
    },
  };
}

/** CloudWatch answered, and withheld a metric. */
export class AccessDeniedByCloudWatchError extends SesReputationError {
  readonly code = 'SES_CLOUDWATCH_ACCESS_DENIED';
}

async function readRates(client: CloudWatchClient, options: ResolvedRatesOptions, abortSignal: AbortSignal) {
  const results = await readResults(client, options, abortSignal);
  if (results.some(({ StatusCode }) => StatusCode === 'Forbidden'))
    throw new AccessDeniedByCloudWatchError(
      "CloudWatch withholds SES's rates: allow cloudwatch:GetMetricData on '*'",
    );
  const bounce = newestFigure(results, 'bounce');
  const complaint = newestFigure(results, 'complaint');
  const times = [bounce, complaint].flatMap((figure) => figure?.at ?? []);
  if (times.length === 0) return null;
  // Both stand for the older time, so that what is stale never looks fresh.
  const at = new Date(Math.min(...times));
  return { bounce: bounce?.value ?? null, complaint: complaint?.value ?? null, at };
}

async function readResults(
  client: CloudWatchClient,
  options: ResolvedRatesOptions,
  abortSignal: AbortSignal,
): Promise<MetricDataResult[]> {
  const EndTime = new Date(options.now());
  const request = {
    StartTime: new Date(EndTime.getTime() - options.withinMs),
    EndTime,
    ScanBy: 'TimestampDescending' as const,
    MetricDataQueries: Object.entries(METRICS).map(([id, metric]) => metricQuery(id, metric, options)),
  };
  const results: MetricDataResult[] = [];
  let NextToken: string | undefined;
  for (let page = 1; page <= MOST_PAGES; page++) {
    const answer = await client.send(new GetMetricDataCommand({ ...request, NextToken }), { abortSignal });
    results.push(...(answer.MetricDataResults ?? []));
    NextToken = answer.NextToken;
    if (!NextToken) break;
  }
  return results;
}

function metricQuery(
  Id: string,
  MetricName: string,
  { configurationSet, periodSeconds }: ResolvedRatesOptions,
): MetricDataQuery {
  const Dimensions =
    configurationSet === null ? [] : [{ Name: 'ses:configuration-set', Value: configurationSet }];
  const Metric = { Namespace: 'AWS/SES', MetricName, Dimensions };
  return { Id, MetricStat: { Metric, Period: periodSeconds, Stat: 'Average' }, ReturnData: true };
}

/** A host may have its own copy of the SDK, whose clients are no instances of ours. */
function isReady(client: CloudWatchClient | CloudWatchClientConfig): client is CloudWatchClient {
  return (
    client instanceof CloudWatchClient || typeof (client as Partial<CloudWatchClient>).send === 'function'
  );
}
