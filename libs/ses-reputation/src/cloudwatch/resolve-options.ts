import type { CloudWatchClient, CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch';
import { Section, wrong } from '../options/check.js';

export interface CloudWatchRatesOptions {
  /** A configuration for the CloudWatch client, or a ready client (which its owner closes). Default: the SDK's own chain. */
  client?: CloudWatchClient | CloudWatchClientConfig;
  /**
   * Rates of this configuration set (its reputation metrics have to be on) instead of the account's. For where all
   * counted mail goes through one set.
   */
  configurationSet?: string;
  /** Seconds that CloudWatch takes one figure of; a multiple of 60. Default 300. */
  periodSeconds?: number;
  /** How far back a figure is looked for. Default 86,400,000 ms (24 hours). */
  withinMs?: number;
  /** Milliseconds since the epoch, for tests whose time moves. Default `Date.now`. */
  now?: () => number;
}

export interface ResolvedRatesOptions {
  client: CloudWatchClient | CloudWatchClientConfig;
  configurationSet: string | null;
  periodSeconds: number;
  withinMs: number;
  now: () => number;
}

const DAY_MS = 86_400_000;
/** CloudWatch keeps figures by the minute for 15 days. */
const MOST_DAYS = 15;

/** @throws SesReputationConfigError that names the key, what was expected and what it got */
export function resolveRatesOptions(given: CloudWatchRatesOptions): ResolvedRatesOptions {
  const keys = ['client', 'configurationSet', 'periodSeconds', 'withinMs', 'now'];
  const options = new Section('cloudWatchRates', given, keys);
  const periodSeconds = options.wholeNumber('periodSeconds', 300, 60, 86_400);
  if (periodSeconds % 60 !== 0)
    throw wrong('cloudWatchRates.periodSeconds', periodSeconds, 'a multiple of 60');
  return {
    client: options.get('client', {}, 'a CloudWatchClient or its configuration', isObject),
    configurationSet: options.matching(
      'configurationSet',
      /^[A-Za-z0-9_-]{1,64}$/,
      null,
      "a configuration set's name: 1 to 64 of A-Z a-z 0-9 _ -",
    ),
    periodSeconds,
    withinMs: options.wholeNumber('withinMs', DAY_MS, 60_000, MOST_DAYS * DAY_MS),
    now: options.get('now', Date.now, 'a function that gives milliseconds', isFunction),
  };
}

function isFunction(value: unknown): value is () => number {
  return typeof value === 'function';
}

function isObject(value: unknown): value is CloudWatchClient | CloudWatchClientConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
