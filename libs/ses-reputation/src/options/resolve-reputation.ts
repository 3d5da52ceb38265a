import { parseAddrSpec } from '../address/addr-spec.js';
import { domainOfKey, keyOf } from '../address/address-key.js';
import { MOST_MS, Section, wrong } from './check.js';
import type { AmazonRatesSource, LevelLimits, ResolvedOptions } from './ses-reputation-options.js';

const BOUNCE_LIMITS: LevelLimits = { warning: 0.02, review: 0.05, pause: 0.1 };
const COMPLAINT_LIMITS: LevelLimits = { warning: 0.0008, review: 0.001, pause: 0.005 };

export function resolveReputation(given: unknown): ResolvedOptions['reputation'] {
  const keys = [
    'check',
    'window',
    'minimumVolume',
    'minimumCount',
    'approach',
    'limits',
    'amazonRates',
    'tolerance',
    'unaccounted',
    'silence',
    'dimensions',
    'verifiedIdentities',
  ];
  const reputation = new Section('reputation', given, keys);
  const limits = new Section('reputation.limits', reputation.raw('limits'), ['bounce', 'complaint']);
  const off = reputation.raw('check') === false;
  const check = new Section('reputation.check', off ? undefined : reputation.raw('check'), ['everyMs']);
  const window = new Section('reputation.window', reputation.raw('window'), ['volume']);
  const windowVolume = window.wholeNumber('volume', 10_000, 1, 100_000_000);
  const tolerance = new Section('reputation.tolerance', reputation.raw('tolerance'), ['bounce', 'complaint']);
  return {
    checkEveryMs: off ? null : check.wholeNumber('everyMs', 300_000, 1, MOST_MS),
    windowVolume,
    minimumVolume: minimumVolume(reputation, windowVolume),
    minimumCount: reputation.wholeNumber('minimumCount', 5, 0, 100_000_000),
    approach: reputation.fraction('approach', 0.8),
    limits: {
      bounce: resolveLimits('reputation.limits.bounce', limits.raw('bounce'), BOUNCE_LIMITS),
      complaint: resolveLimits('reputation.limits.complaint', limits.raw('complaint'), COMPLAINT_LIMITS),
    },
    amazonRates: reputation.get(
      'amazonRates',
      null,
      'an object with a function "rates", and "close" if it has one',
      isRatesSource,
    ),
    tolerance: {
      bounce: tolerance.fraction('bounce', 0.01),
      complaint: tolerance.fraction('complaint', 0.0005),
    },
    unaccounted: resolveUnaccounted(reputation.raw('unaccounted')),
    silence: resolveSilence(reputation.raw('silence')),
    dimensions: resolveDimensions(reputation.raw('dimensions')),
    verifiedIdentities: resolveIdentities(reputation.raw('verifiedIdentities')),
  };
}

/** A window that can't hold the minimum would be healthy for ever. */
function minimumVolume(reputation: Section, windowVolume: number): number {
  const volume = reputation.wholeNumber('minimumVolume', Math.min(1_000, windowVolume), 0, 100_000_000);
  if (volume > windowVolume) {
    throw wrong(
      reputation.path('minimumVolume'),
      volume,
      `no more than reputation.window.volume (${windowVolume}): no window would ever hold so much`,
    );
  }
  return volume;
}

function resolveUnaccounted(given: unknown): ResolvedOptions['reputation']['unaccounted'] {
  if (given === false) return null;
  const unaccounted = new Section('reputation.unaccounted', given, ['share', 'volume']);
  return {
    share: unaccounted.fraction('share', 0.1),
    volume: unaccounted.wholeNumber('volume', 100, 1, 100_000_000),
  };
}

function resolveSilence(given: unknown): ResolvedOptions['reputation']['silence'] {
  if (given === false) return null;
  const silence = new Section('reputation.silence', given, ['volume', 'afterMs']);
  return {
    volume: silence.wholeNumber('volume', 100, 1, 100_000_000),
    afterMs: silence.wholeNumber('afterMs', 3_600_000, 1, 8 * 86_400_000),
  };
}

function resolveDimensions(given: unknown): ResolvedOptions['reputation']['dimensions'] {
  const dimensions = new Section('reputation.dimensions', given, ['domains', 'configurationSets', 'streams']);
  return {
    domains: dimensions.wholeNumber('domains', 500, 0, 100_000),
    configurationSets: dimensions.wholeNumber('configurationSets', 50, 0, 10_000),
    streams: dimensions.wholeNumber('streams', 50, 0, 10_000),
  };
}

/** Addresses by their look-up key, domains as they are in one. */
function resolveIdentities(given: unknown): ReadonlySet<string> {
  const path = 'reputation.verifiedIdentities';
  if (given !== undefined && !Array.isArray(given))
    throw wrong(path, given, 'a list of addresses and domains');
  const identities = (given ?? []).map((identity: unknown, i: number) => {
    const isAddress = typeof identity === 'string' && identity.includes('@');
    const spec = typeof identity === 'string' ? parseAddrSpec(isAddress ? identity : `x@${identity}`) : null;
    if (!spec) throw wrong(`${path}[${i}]`, identity, 'an address or a domain such as example.com');
    return isAddress ? keyOf(spec) : domainOfKey(keyOf(spec));
  });
  return new Set(identities);
}

function isRatesSource(value: unknown): value is AmazonRatesSource {
  if (typeof value !== 'object' || value === null) return false;
  const { rates, close } = value as Partial<AmazonRatesSource>;
  return typeof rates === 'function' && (close === undefined || typeof close === 'function');
}

function resolveLimits(name: string, given: unknown, defaults: LevelLimits): LevelLimits {
  const section = new Section(name, given, ['warning', 'review', 'pause']);
  const limits = {
    warning: section.fraction('warning', defaults.warning),
    review: section.fraction('review', defaults.review),
    pause: section.fraction('pause', defaults.pause),
  };
  if (limits.warning > limits.review || limits.review > limits.pause) {
    throw wrong(name, limits, 'warning ≤ review ≤ pause');
  }
  return limits;
}
