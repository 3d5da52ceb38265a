import type { ReferenceFact } from './reference-facts.js';

/**
 * The whole account, recounted from every fact for each report, by what docs/reputation.md says of buckets, places
 * and windows: plain loops, and nothing of the package.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Of the domains that the histories use. */
const PROVIDERS: Record<string, string> = {
  'gmail.com': 'gmail',
  'googlemail.com': 'gmail',
  'hotmail.co.uk': 'microsoft',
  'outlook.com': 'microsoft',
};

export interface AccountRules {
  windowVolume: number;
  minimumVolume: number;
  minimumCount: number;
  limits: Record<'bounce' | 'complaint', { warning: number; review: number; pause: number }>;
  ownStreams: string[];
  places: Record<'stream' | 'domain' | 'configuration-set', number>;
}

interface Counted extends ReferenceFact {
  dimensions: string[];
  /** Of the bucket that it is in. */
  start: number;
  width: number;
}

export class ReferenceAccount {
  private facts: Counted[] = [];
  private readonly places = new Map<string, { firstSeen: number }>();

  constructor(private readonly rules: AccountRules) {}

  /** Facts that one transaction books. */
  book(facts: ReferenceFact[], now: number): void {
    for (const fact of facts) {
      const at = Math.min(fact.sentAt, now);
      const age = now - at;
      const width = age <= 2 * DAY ? MINUTE : age <= 32 * DAY ? HOUR : DAY;
      const dimensions = dimensionsOf(fact).map((dimension) => this.placeOf(dimension, now));
      this.facts.push({ ...fact, dimensions, start: floor(at, width), width });
    }
  }

  housekeep(now: number): void {
    for (const fact of this.facts) {
      if (fact.width === MINUTE && fact.start < floor(now - 2 * DAY, HOUR)) widen(fact, HOUR);
    }
    for (const fact of this.facts) {
      if (fact.width === HOUR && fact.start < floor(now - 32 * DAY, DAY)) widen(fact, DAY);
    }
    this.facts = this.facts.filter(
      ({ width, start }) => width !== DAY || start >= floor(now - 730 * DAY, DAY),
    );
    for (const [dimension, { firstSeen }] of this.places) {
      const young = this.facts.some(
        ({ dimensions, start }) => dimensions.includes(dimension) && start > now - 32 * DAY,
      );
      if (young || firstSeen > now - 32 * DAY) continue;
      this.places.delete(dimension);
      for (const fact of this.facts) {
        fact.dimensions = fact.dimensions.map((each) => (each === dimension ? otherOf(each) : each));
      }
    }
  }

  /** Where mail of this dimension is counted. */
  countedIn(dimension: string): string {
    const kind = kindOf(dimension);
    const always =
      dimension === 'account' ||
      kind === 'provider' ||
      dimension === otherOf(dimension) ||
      this.rules.ownStreams.some((stream) => dimension === `stream:${stream}`);
    return always || this.places.has(dimension) ? dimension : otherOf(dimension);
  }

  /** Every dimension that something was counted in. */
  dimensions(): string[] {
    return [...new Set(this.facts.flatMap(({ dimensions }) => dimensions))];
  }

  report(asked: string, at: number, ofThePast: boolean) {
    const dimension = this.countedIn(asked);
    const upTo = ofThePast ? at - 1 : at;
    const all = this.facts.filter(({ dimensions, start }) => dimensions.includes(dimension) && start <= upTo);
    const firstSend = Math.min(...all.filter(({ counter }) => counter === 'sent').map(({ start }) => start));
    const counted = all.filter(({ start }) => start >= firstSend - 2 * MINUTE);
    const main = this.newest(counted);
    const within = (span: number) => {
      const inside = counted.filter(({ start, width }) => start + width > at - span);
      const volume = Math.max(0, eligible(inside));
      const share = (counter: 'hard' | 'complaint') => shareOf(count(inside, counter), volume);
      return { bounce: share('hard'), complaint: share('complaint'), volume };
    };
    const volume = Math.max(0, eligible(main.facts));
    const bounce = this.metric('bounce', count(main.facts, 'hard'), volume);
    const complaint = this.metric('complaint', count(main.facts, 'complaint'), volume);
    const unaccounted = main.facts.filter((fact) => fact.unaccounted).length;
    return {
      countedAs: dimension.endsWith(':(other)') ? 'other' : 'own',
      bounce,
      complaint,
      level: LEVELS[Math.max(LEVELS.indexOf(bounce.level), LEVELS.indexOf(complaint.level))],
      window: { from: new Date(main.from ?? at), to: new Date(at), volume },
      windows: { '1h': within(HOUR), '24h': within(DAY), '7d': within(7 * DAY), '30d': within(30 * DAY) },
      unaccounted: { volume: unaccounted, share: volume > 0 ? Math.min(1, unaccounted / volume) : 0 },
    };
  }

  /** How many eligible emails the fullest bucket of a dimension holds that begins then. */
  heldFrom(dimension: string, from: number): number {
    const widths = [MINUTE, HOUR, DAY].map((width) =>
      eligible(
        this.facts.filter(
          (fact) => fact.start === from && fact.width === width && fact.dimensions.includes(dimension),
        ),
      ),
    );
    return Math.max(...widths);
  }

  /** All that is eligible of a dimension, of the mail up to then. */
  heldInAll(dimension: string, upTo: number): number {
    return eligible(
      this.facts.filter(({ start, dimensions }) => start <= upTo && dimensions.includes(dimension)),
    );
  }

  /** Whole buckets, from the newest on, until they hold the volume. */
  private newest(counted: Counted[]): { facts: Counted[]; from: number | null } {
    const buckets = new Map<string, Counted[]>();
    for (const fact of counted) {
      const key = `${fact.start} ${fact.width}`;
      buckets.set(key, [...(buckets.get(key) ?? []), fact]);
    }
    const ordered = [...buckets.values()].toSorted(([a], [b]) => b!.start - a!.start || b!.width - a!.width);
    const taken: Counted[] = [];
    let from: number | null = null;
    for (const bucket of ordered) {
      taken.push(...bucket);
      if (eligible(bucket) > 0) from = bucket[0]!.start;
      if (eligible(taken) >= this.rules.windowVolume) break;
    }
    return from === null ? { facts: [], from } : { facts: taken, from };
  }

  private metric(name: 'bounce' | 'complaint', tally: number, volume: number) {
    const level = this.levelOf(name, tally, volume);
    return { ...shareOf(tally, volume), volume, level, headroom: this.headroom(name, tally, volume, level) };
  }

  private levelOf(name: 'bounce' | 'complaint', tally: number, volume: number): Level {
    const { minimumVolume, minimumCount, limits } = this.rules;
    if (volume < minimumVolume || tally < minimumCount || volume === 0) return 'healthy';
    const rate = Math.min(1, tally / volume);
    let level: Level = 'healthy';
    for (const each of ['warning', 'review', 'pause'] as const) if (rate >= limits[name][each]) level = each;
    return level;
  }

  /** By trying. */
  private headroom(name: 'bounce' | 'complaint', tally: number, volume: number, level: Level): number | null {
    if (level === 'pause') return null;
    for (let more = 1; tally + more <= volume; more++) {
      if (LEVELS.indexOf(this.levelOf(name, tally + more, volume)) > LEVELS.indexOf(level)) return more;
    }
    return null;
  }

  private placeOf(dimension: string, now: number): string {
    const counted = this.countedIn(dimension);
    if (counted === dimension) return dimension;
    const kind = kindOf(dimension) as keyof AccountRules['places'];
    const taken = [...this.places.keys()].filter((each) => kindOf(each) === kind).length;
    if (taken >= this.rules.places[kind]) return counted;
    this.places.set(dimension, { firstSeen: now });
    return dimension;
  }
}

const LEVELS = ['healthy', 'warning', 'review', 'pause'] as const;
type Level = (typeof LEVELS)[number];

function dimensionsOf({ stream, domain, configurationSet }: ReferenceFact): string[] {
  if (stream === null) return ['account'];
  return [
    'account',
    `stream:${stream}`,
    ...(domain === null ? [] : [`domain:${domain}`, `provider:${PROVIDERS[domain] ?? '(other)'}`]),
    ...(configurationSet === null ? [] : [`configuration-set:${configurationSet}`]),
  ];
}

function kindOf(dimension: string): string {
  return dimension.slice(0, dimension.indexOf(':'));
}

function otherOf(dimension: string): string {
  return `${kindOf(dimension)}:(other)`;
}

function floor(at: number, width: number): number {
  return Math.floor(at / width) * width;
}

function widen(fact: Counted, width: number): void {
  fact.width = width;
  fact.start = floor(fact.start, width);
}

function count(facts: Counted[], counter: ReferenceFact['counter']): number {
  return facts.filter((fact) => fact.counter === counter).length;
}

function eligible(facts: Counted[]): number {
  return count(facts, 'sent') - count(facts, 'excluded');
}

function shareOf(tally: number, volume: number): { rate: number; count: number } {
  return { rate: volume > 0 ? Math.min(1, tally / volume) : 0, count: tally };
}
