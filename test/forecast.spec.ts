import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  forecast,
  TREND_WINDOWS,
  type MetricTrend,
  type TrendFrame,
  type TrendWindow,
} from '../libs/ses-reputation/src/reputation/forecast.js';
import {
  isWorse,
  judge,
  levelOf,
  REPUTATION_LEVELS,
  type ReputationLimit,
  type Tally,
} from '../libs/ses-reputation/src/reputation/levels.js';
import { wilsonInterval } from '../libs/ses-reputation/src/reputation/wilson.js';

const NOW = Date.UTC(2026, 4, 1, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BOUNCE = {
  limits: { warning: 0.02, review: 0.05, pause: 0.1 },
  minimumVolume: 1_000,
  minimumCount: 5,
};
const COMPLAINT = { ...BOUNCE, limits: { warning: 0.0008, review: 0.001, pause: 0.005 } };
const NONE: Tally = { count: 0, volume: 0 };
const FULL: TrendFrame = { now: NOW, first: NOW - 60 * DAY, windowVolume: 10_000 };

function tally(count: number, volume: number): Tally {
  return { count, volume };
}

/** A metric that stands at what its counts say, with what is given of the recent mail. */
function bounces(main: Tally, recent: Partial<MetricTrend['recent']>, rules = BOUNCE): MetricTrend {
  const windows = { '1h': NONE, '24h': NONE, '7d': NONE, ...recent };
  return { metric: 'bounce', main, level: judge(main, rules), rules, recent: windows };
}

function complaints(main: Tally, recent: Partial<MetricTrend['recent']>): MetricTrend {
  return { ...bounces(main, recent, COMPLAINT), metric: 'complaint' };
}

describe('a forecast', () => {
  it('says when the newest mail, going on, has pushed out enough of the better one', () => {
    // 100 of 10,000: 40 of the 1,000 of a day, 60 of the 9,000 before. Each new email adds 4 % and takes 0.67 %.
    const trend = bounces(tally(100, 10_000), { '24h': tally(40, 1_000) });
    expect(forecast([trend], FULL)).toEqual({
      level: 'warning',
      metric: 'bounce',
      at: new Date(NOW + 3 * DAY),
      evidence: {
        window: '24h',
        rate: 0.04,
        low: wilsonInterval(40, 1_000).low,
        volumePerDay: 1_000,
        emails: 3_000,
      },
    });
  });

  it('lets the window fill first where it is not full', () => {
    // (30 + 0.05 x) / (2,000 + x) is 2 % at x = 333.3
    const trend = bounces(tally(30, 2_000), { '1h': tally(25, 500) });
    const expected = { level: 'warning', evidence: { window: '1h', emails: 334 } };
    expect(forecast([trend], FULL)).toMatchObject(expected);
  });

  it('names the level that mail will have at its first judgement, below the minimum volume', () => {
    const trend = bounces(tally(60, 500), { '1h': tally(60, 500) });
    const found = forecast([trend], { ...FULL, first: NOW - HOUR / 2 });
    expect(found).toMatchObject({ level: 'review', evidence: { emails: 500, volumePerDay: 24_000 } });
    expect(found!.at).toEqual(new Date(NOW + HOUR / 2));
  });

  it('goes by the pace since the first mail, and no faster than a minute', () => {
    const trend = bounces(tally(60, 500), { '1h': tally(60, 500) });
    expect(forecast([trend], { ...FULL, first: NOW - 5_000 })!.at).toEqual(new Date(NOW + 60_000));
  });

  it('counts the bounces that are still missing from the minimum', () => {
    const rules = { ...BOUNCE, minimumCount: 40, minimumVolume: 100 };
    const windows = { '1h': tally(40, 400) };
    const trend = { ...bounces(tally(40, 400), windows, rules), main: tally(39, 400) };
    expect(forecast([{ ...trend, level: 'healthy' }], FULL)).toMatchObject({ evidence: { emails: 10 } });
  });

  it('gives the sooner of bounces and complaints', () => {
    const slow = bounces(tally(100, 10_000), { '24h': tally(40, 1_000) });
    const fast = complaints(tally(7, 10_000), { '24h': tally(6, 1_000) });
    expect(forecast([slow, fast], FULL)).toMatchObject({ metric: 'complaint', level: 'warning' });
    expect(forecast([fast, slow], FULL)).toMatchObject({ metric: 'complaint', level: 'warning' });
    expect(forecast([slow], FULL)).toMatchObject({ metric: 'bounce' });
  });

  it('takes the shortest window that can tell, and asks a longer one where it can’t', () => {
    const trend = bounces(tally(150, 10_000), { '1h': tally(6, 210), '24h': tally(90, 2_100), '7d': NONE });
    expect(wilsonInterval(6, 210).low).toBeLessThan(0.02);
    expect(forecast([trend], FULL)).toMatchObject({ evidence: { window: '24h' } });
  });
});

describe('a forecast stays silent', () => {
  const bad = { '24h': tally(40, 1_000) };

  it.each<[string, MetricTrend, Partial<TrendFrame>]>([
    ['before the first mail', bounces(NONE, {}), { first: null }],
    ['where nothing went out of late', bounces(tally(190, 10_000), {}), {}],
    ['where too little did', bounces(tally(190, 10_000), { '24h': tally(19, 199) }), {}],
    [
      'below the minimum count',
      bounces(
        tally(100, 10_000),
        { '24h': tally(4, 200) },
        { ...BOUNCE, limits: { warning: 0.001, review: 0.05, pause: 0.1 } },
      ),
      {},
    ],
    ['at a rate below the limit', bounces(tally(190, 10_000), { '7d': tally(95, 5_000) }), {}],
    ['where chance may have made the rate', bounces(tally(190, 10_000), { '24h': tally(12, 500) }), {}],
    [
      'where the newest mail is fine again',
      bounces(tally(150, 10_000), { '1h': tally(1, 2_000), ...bad }),
      {},
    ],
    ['at pause', bounces(tally(1_100, 10_000), { '24h': tally(400, 1_000) }), {}],
    [
      'where all of the window is as bad as it gets',
      bounces(tally(190, 10_000), { '24h': tally(900, 20_000) }),
      {},
    ],
    [
      'where the window never holds the minimum volume',
      bounces(tally(10, 500), { '24h': tally(40, 400) }),
      { windowVolume: 500 },
    ],
    ['beyond 30 days', bounces(tally(100, 10_000), { '7d': tally(14, 210) }), {}],
  ])('%s', (_, trend, frame) => {
    expect(forecast([trend], { ...FULL, ...frame })).toBeNull();
  });

  it('but not for complaints that the last hour’s mail has none of: they come later', () => {
    const trend = complaints(tally(10, 20_000), { '1h': tally(0, 4_900), '24h': tally(10, 5_000) });
    expect(wilsonInterval(0, 4_900).high).toBeLessThan(COMPLAINT.limits.warning);
    const found = forecast([trend], { ...FULL, windowVolume: 20_000 });
    expect(found).toMatchObject({ level: 'warning', evidence: { window: '24h' } });
  });
});

/** Sends email after email and recounts the window each time. */
function sendUntil(
  level: ReputationLimit,
  { main, rules }: MetricTrend,
  recent: Tally,
  windowVolume: number,
) {
  const older = Math.max(0, main.volume - recent.volume);
  const own = main.volume - older;
  const fresh = recent.count / recent.volume;
  const old = older === 0 ? 0 : Math.max(0, main.count - recent.count) / older;
  const held = [...Array<number>(older).fill(old), ...Array<number>(own).fill(fresh)];
  let count = main.count;
  for (let sent = 1; sent <= 3 * windowVolume; sent++) {
    held.push(fresh);
    count += fresh;
    if (held.length > Math.max(windowVolume, main.volume)) count -= held.shift()!;
    if (!isWorse(level, judge({ count, volume: held.length }, rules))) return sent;
  }
  return null;
}

function percent(min: number, max: number) {
  return fc.integer({ min: min * 100, max: max * 100 }).map((n) => n / 10_000);
}

describe('against mail sent one by one', () => {
  const scene = fc
    .record({
      windowVolume: fc.integer({ min: 300, max: 3_000 }),
      fill: percent(5, 110),
      share: percent(5, 130),
      freshRate: percent(0, 30),
      oldRate: percent(0, 12),
      minimumVolume: fc.integer({ min: 0, max: 1_500 }),
      minimumCount: fc.integer({ min: 0, max: 60 }),
      held: fc.constantFrom('healthy', ...REPUTATION_LEVELS),
      age: fc.integer({ min: 1, max: 20 * DAY }),
      window: fc.constantFrom(...(Object.keys(TREND_WINDOWS) as TrendWindow[])),
    })
    .map((drawn) => {
      const volume = Math.round(drawn.windowVolume * drawn.fill);
      const recent = tally(0, Math.max(1, Math.round(volume * drawn.share)));
      recent.count = Math.round(recent.volume * drawn.freshRate);
      const older = Math.max(0, volume - recent.volume);
      const count = Math.min(volume, recent.count + Math.round(older * drawn.oldRate));
      const rules = { ...BOUNCE, minimumVolume: drawn.minimumVolume, minimumCount: drawn.minimumCount };
      const main = tally(count, volume);
      const judged = judge(main, rules);
      const trend: MetricTrend = {
        metric: 'bounce',
        main,
        level: isWorse(drawn.held, judged) ? drawn.held : judged,
        rules,
        recent: { '1h': NONE, '24h': NONE, '7d': NONE, [drawn.window]: recent },
      };
      const frame: TrendFrame = { now: NOW, first: NOW - drawn.age, windowVolume: drawn.windowVolume };
      return { trend, frame, recent, window: drawn.window };
    });

  it('the number of emails is the same, and the date never in the past', () => {
    let made = 0;
    fc.assert(
      fc.property(scene, ({ trend, frame, recent, window }) => {
        const found = forecast([trend], frame);
        const { low } = wilsonInterval(recent.count, recent.volume);
        const known = REPUTATION_LEVELS.filter(
          (level): level is ReputationLimit =>
            isWorse(level, trend.level) &&
            recent.volume >= 200 &&
            recent.count >= trend.rules.minimumCount &&
            low >= trend.rules.limits[level as ReputationLimit],
        );
        const [next] = known.flatMap((level) => sendUntil(level, trend, recent, frame.windowVolume) ?? []);
        if (found === null) {
          const elapsed = Math.min(TREND_WINDOWS[window], Math.max(60_000, NOW - frame.first!));
          const wait = next === undefined ? Infinity : (next * elapsed) / recent.volume;
          expect(wait).toBeGreaterThan(30 * DAY - elapsed);
          return;
        }
        made++;
        expect(found.at.getTime()).toBeGreaterThan(NOW);
        expect(found.at.getTime()).toBeLessThanOrEqual(NOW + 30 * DAY);
        // Sums of fractions may come out on either side of a limit.
        expect(Math.abs(found.evidence.emails - next!)).toBeLessThanOrEqual(1);
        expect(known).toContain(found.level);
        expect(found.level).not.toBe(trend.level);
        expect(levelOf(found.evidence.low, trend.rules.limits)).not.toBe('healthy');
      }),
      { numRuns: 5_000 },
    );
    expect(made).toBeGreaterThan(150);
  });
});
