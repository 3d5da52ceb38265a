import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '../libs/ses-reputation/src/guard/decide.js';
import { demandOf, isMoreUrgent, type Demand } from '../libs/ses-reputation/src/guard/demand.js';
import { ProbeQuota } from '../libs/ses-reputation/src/guard/probe-quota.js';
import type { MailCounts } from '../libs/ses-reputation/src/guard/probe-round.js';
import { untouched, type StreamGuard } from '../libs/ses-reputation/src/guard/stream-guard.js';
import type { StreamPriority } from '../libs/ses-reputation/src/options/ses-reputation-options.js';
import { judge, worseOf, type ReputationLevel } from '../libs/ses-reputation/src/reputation/levels.js';

const MINUTE = 60_000;
const CHECK = 5 * MINUTE;
const DAY_CHECKS = 288;
const DAY = DAY_CHECKS * CHECK;
const PROBE = { afterMs: 15 * MINUTE, share: 0.05, volume: 100 };
const LIMITS = {
  bounce: { warning: 0.02, review: 0.05, pause: 0.1 },
  complaint: { warning: 0.0008, review: 0.001, pause: 0.005 },
};
const LEVELS = { minimumVolume: 1_000, minimumCount: 5 };
const WINDOW = 10_000;

interface Mail {
  at: number;
  sent: number;
  bounced: number;
  /** When each complaint about it comes. */
  complaintsAt: number[];
}

/** Parts of a stream's mail on each day. */
interface Rates {
  bounces?: readonly number[];
  complaints?: readonly number[];
}

interface Levels {
  both: ReputationLevel;
  complaint: ReputationLevel;
}

/** A stream that offers so many mails a check, of which these parts come back. */
class Stream {
  guard: StreamGuard;
  readonly modes: StreamGuard['mode'][] = [];
  readonly pausesMs: number[] = [];
  mail: Mail[] = [];
  /** Sent and offered while the stream was in the state that its last change brought. */
  probing = { sent: 0, offered: 0 };
  worsened = 0;
  highestShare = 0;
  private firstPaused = Infinity;
  private demand: Demand = 'none';
  private quota: ProbeQuota | null = null;

  constructor(
    readonly name: string,
    readonly priority: StreamPriority,
    private readonly volume: number,
    private readonly rates: Rates,
    private readonly random: () => number,
  ) {
    this.guard = untouched(name);
  }

  send(day: number, at: number): Mail {
    const rate = this.rates.bounces?.[day] ?? 0;
    const sent = Array.from({ length: this.volume }, () => this.goesOut()).filter(Boolean).length;
    const bounced = Array.from({ length: sent }, () => this.random() < rate).filter(Boolean).length;
    const complaintsAt = this.complaints(this.rates.complaints?.[day] ?? 0, sent).map((late) => at + late);
    const mail = { at, sent, bounced, complaintsAt };
    this.mail.push(mail);
    if (this.guard.mode === 'probing') {
      this.probing.offered += this.volume;
      this.probing.sent += sent;
    }
    return mail;
  }

  check(levels: Levels, now: number): void {
    const demand = demandOf(levels.both, this.priority);
    const complaints = demandOf(levels.complaint, this.priority) !== 'none';
    if (isMoreUrgent(demand, this.demand)) this.worsened++;
    this.demand = demand;
    const round = this.guard.memory.round;
    const tally = round && {
      all: this.since(round.startedAt, Infinity, now),
      settled: this.since(round.startedAt, round.fullAt ?? Infinity, now),
      probe: this.since(round.probeFrom, Infinity, now),
    };
    const change = decide(
      this.guard,
      { now, demand, reason: levels.both, complaints, tally, letOut: 0 },
      { probe: PROBE, limits: LIMITS },
    );
    if (!change) return;
    if (change.next.mode !== this.guard.mode) this.modes.push(change.next.mode);
    if (change.next.mode === 'paused') this.firstPaused = Math.min(this.firstPaused, this.mail.length);
    this.guard = change.next;
    const share = this.guard.memory.round?.share ?? 0;
    this.highestShare = Math.max(this.highestShare, share);
    if (change.told && this.guard.mode === 'paused') this.pausesMs.push(this.guard.memory.pauseMs);
  }

  /** Its mail since it was first paused. */
  heldBack(): { sent: number; offered: number } {
    const since = this.mail.slice(this.firstPaused);
    return { sent: since.reduce((all, { sent }) => all + sent, 0), offered: since.length * this.volume };
  }

  count(mode: StreamGuard['mode']): number {
    return this.modes.filter((one) => one === mode).length;
  }

  private goesOut(): boolean {
    const { mode, memory } = this.guard;
    if (mode === 'paused') return false;
    if (mode === 'open') return true;
    this.quota ??= new ProbeQuota(memory.round!, PROBE);
    this.quota.enter(memory.round!);
    return this.quota.take(1) !== null;
  }

  /** How late each comes: from minutes to a day, most within some hours. */
  private complaints(rate: number, sent: number): number[] {
    if (rate === 0) return [];
    const count = Array.from({ length: sent }, () => this.random() < rate).filter(Boolean).length;
    return Array.from({ length: count }, () => CHECK * (DAY / CHECK) ** this.random());
  }

  private since(from: number, to: number, now: number): MailCounts {
    const counts = { volume: 0, hardBounces: 0, complaints: 0 };
    for (let i = this.mail.length - 1; i >= 0 && this.mail[i]!.at >= from; i--) {
      if (this.mail[i]!.at > to) continue;
      counts.volume += this.mail[i]!.sent;
      counts.hardBounces += this.mail[i]!.bounced;
      counts.complaints += arrived(this.mail[i]!, now);
    }
    return counts;
  }
}

function arrived({ complaintsAt }: Mail, now: number): number {
  return complaintsAt.filter((at) => at <= now).length;
}

/** An account whose level follows its newest emails, with the hysteresis of the real one. */
class Account {
  level: ReputationLevel = 'healthy';
  private bounceLevel: ReputationLevel = 'healthy';
  private complaintLevel: ReputationLevel = 'healthy';
  now = Date.UTC(2030, 0, 1, 0, 0, 30);
  changes = 0;
  private window: Mail[] = [];

  constructor(readonly streams: readonly Stream[]) {}

  /** @param from the day it begins with */
  run(days: number, from = 0): this {
    for (let i = from * DAY_CHECKS; i < (from + days) * DAY_CHECKS; i++) {
      const sentAt = this.now + 2 * MINUTE;
      for (const stream of this.streams) this.window.push(stream.send(Math.floor(i / DAY_CHECKS), sentAt));
      this.now += CHECK;
      this.judge();
      const levels = { both: this.level, complaint: this.complaintLevel };
      for (const stream of this.streams) stream.check(levels, this.now);
    }
    return this;
  }

  private judge(): void {
    let volume = 0;
    let bounced = 0;
    let complained = 0;
    let oldest = this.window.length;
    while (oldest > 0 && volume < WINDOW) {
      oldest--;
      volume += this.window[oldest]!.sent;
      bounced += this.window[oldest]!.bounced;
      complained += arrived(this.window[oldest]!, this.now);
    }
    this.window = this.window.slice(oldest);
    const judged = (metric: keyof typeof LIMITS, count: number, previous: ReputationLevel) =>
      judge({ volume, count }, { ...LEVELS, limits: LIMITS[metric] }, previous);
    this.bounceLevel = judged('bounce', bounced, this.bounceLevel);
    this.complaintLevel = judged('complaint', complained, this.complaintLevel);
    const level = worseOf(this.bounceLevel, this.complaintLevel);
    if (level !== this.level) this.changes++;
    this.level = level;
  }
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Three days of one rate. */
const steady = (rate: number) => Array.from({ length: 3 }, () => rate);
const rates = fc.array(fc.constantFrom(0, 0, 0.01, 0.04, 0.06, 0.15, 0.5), { minLength: 4, maxLength: 4 });
const seed = fc.integer();

describe('the guard over many days', () => {
  it('opens every stream in the end, changes seldom, and leaves critical streams alone', () => {
    fc.assert(
      fc.property(seed, rates, rates, rates, fc.constantFrom(3, 40, 300), (n, tx, orders, news, volume) => {
        const random = randomFrom(n);
        const days = 8;
        const account = new Account([
          new Stream('transactional', 'critical', 60, { bounces: tx }, random),
          new Stream('orders', 'normal', 40, { bounces: orders }, random),
          new Stream('newsletter', 'bulk', volume, { bounces: news }, random),
        ]).run(days);
        const [critical, ...others] = account.streams as [Stream, ...Stream[]];
        expect(critical.guard).toEqual(untouched('transactional'));
        expect(critical.mail.every(({ sent }) => sent === 60)).toBe(true);
        expect(account.level).toBe('healthy');
        for (const stream of others) {
          expect(stream.guard.mode).toBe('open');
          // Each pause but the level's own is twice as long as the one before it, up to a day.
          const bad = stream.pausesMs.length - stream.worsened;
          const doublings = Math.ceil(Math.log2(DAY / PROBE.afterMs));
          expect(bad).toBeLessThanOrEqual((stream.worsened + 1) * doublings + days);
          expect(stream.modes.length).toBeLessThanOrEqual(2 * (stream.worsened + bad) + 2 * stream.worsened);
          expect(stream.count('open')).toBeLessThanOrEqual(stream.worsened);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('never lets out more of a bad stream than its probe share', () => {
    fc.assert(
      fc.property(
        seed,
        fc.constantFrom(0.3, 0.6, 1),
        fc.integer({ min: 300, max: 3_000 }),
        (n, rate, volume) => {
          const random = randomFrom(n);
          const news = new Stream('newsletter', 'bulk', volume, { bounces: steady(rate) }, random);
          new Account([new Stream('transactional', 'critical', 100, {}, random), news]).run(3);
          expect(news.count('open')).toBe(0);
          expect(news.count('probing')).toBeGreaterThan(2);
          expect(news.highestShare).toBe(PROBE.share);
          expect(news.probing.sent).toBeLessThanOrEqual(news.probing.offered * PROBE.share);
          // Pauses of 15 minutes, twice as long each time: in three days not more than nine.
          expect(news.modes.length).toBeLessThanOrEqual(2 * (9 + news.worsened));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('lets out little of a stream whose complaints come late, and opens it when they have ended', () => {
    fc.assert(
      fc.property(
        seed,
        fc.constantFrom(0.01, 0.02, 0.05),
        fc.constantFrom(40, 200, 600),
        fc.constantFrom(20, 200),
        (n, rate, volume, others) => {
          const random = randomFrom(n);
          const news = new Stream('newsletter', 'bulk', volume, { complaints: steady(rate) }, random);
          const account = new Account([new Stream('transactional', 'critical', others, {}, random), news]);
          account.run(3);
          const { sent, offered } = news.heldBack();
          expect(news.count('paused')).toBeGreaterThan(1);
          expect(news.count('open')).toBe(0);
          // Where few mails are offered a round looks clean before its complaints come, and the next lets out twice as much.
          expect(sent).toBeLessThanOrEqual(offered * 2 * PROBE.share);
          account.run(7, 3);
          expect(news.guard.mode).toBe('open');
          expect(news.count('open')).toBe(1);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('does not pause at all for rates below the limit', () => {
    fc.assert(
      fc.property(seed, (n) => {
        const random = randomFrom(n);
        const news = new Stream('newsletter', 'bulk', 200, { bounces: steady(0.03) }, random);
        const account = new Account([
          new Stream('transactional', 'critical', 100, { bounces: steady(0.01) }, random),
          news,
        ]).run(3);
        expect(account.changes).toBeLessThanOrEqual(3);
        expect(news.guard).toEqual(untouched('newsletter'));
      }),
      { numRuns: 10 },
    );
  });
});
