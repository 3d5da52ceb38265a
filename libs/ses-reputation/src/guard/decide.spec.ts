import { describe, expect, it } from '@jest/globals';
import { decide, type GuardFindings } from './decide.js';
import type { Demand } from './demand.js';
import type { MailCounts } from './probe-round.js';
import { untouched, type StreamGuard } from './stream-guard.js';

const MINUTE = 60_000;

const CHECK = 5 * MINUTE;
const RULES = {
  probe: { afterMs: 15 * MINUTE, share: 0.05, volume: 100 },
  limits: {
    bounce: { warning: 0.02, review: 0.05, pause: 0.1 },
    complaint: { warning: 0.0008, review: 0.001, pause: 0.005 },
  },
};
const NONE: MailCounts = { volume: 0, hardBounces: 0, complaints: 0 };
const GOOD: MailCounts = { volume: 100, hardBounces: 1, complaints: 0 };

/** One stream, checked every five minutes. */
class Checked {
  guard: StreamGuard = untouched('newsletter');
  now = Date.UTC(2030, 0, 1, 12, 0, 30);
  told: string[] = [];
  written = 0;

  /** Whether it is the account's complaints that ask for a pause. */
  complaints = false;
  letOut = 0;

  check(demand: Demand, all: MailCounts = NONE, settled = all, probe = all): StreamGuard['mode'] {
    this.now += CHECK;
    const { now, letOut } = this;
    const complaints = this.complaints && demand !== 'none';
    const tally = { all, settled, probe };
    const findings: GuardFindings = { now, demand, reason: demand, complaints, tally, letOut };
    const change = decide(this.guard, findings, RULES);
    if (change) {
      expect(change.next.version).toBe(this.guard.version + 1);
      this.guard = change.next;
      this.written++;
      if (change.told) this.told.push(this.shown());
    }
    return this.guard.mode;
  }

  shown(): string {
    const { mode, memory } = this.guard;
    return mode === 'probing' ? `probing ${memory.round!.share}` : mode;
  }

  checks(times: number, demand: Demand, all: MailCounts = NONE): this {
    for (let i = 0; i < times; i++) this.check(demand, all);
    return this;
  }

  /** Minutes until the pause ends. */
  get pauseMinutes(): number {
    return (this.guard.until!.getTime() - this.now) / MINUTE;
  }
}

/** Paused, and now in the first round of its probe. */
function probed(demand: Demand = 'review'): Checked {
  const stream = new Checked().checks(4, demand);
  expect(stream.shown()).toBe('probing 0.05');
  return stream;
}

/** The same, paused by the account's complaints. */
function complained(): Checked {
  const stream = new Checked();
  stream.complaints = true;
  return stream.checks(4, 'review');
}

describe('the guard of a stream', () => {
  it('writes nothing while the account is well', () => {
    expect(new Checked().checks(10, 'none').written).toBe(0);
  });

  it('pauses when the level asks for it, and says why', () => {
    const stream = new Checked();
    expect(stream.check('review')).toBe('paused');
    expect(stream.guard).toMatchObject({ cause: 'level', reason: 'review', actor: null });
    expect(stream.guard.since).toEqual(new Date(stream.now));
    expect(stream.pauseMinutes).toBe(15);
    expect(stream.checks(2, 'review').written).toBe(1);
  });

  it('probes a share after the pause, or at once when the account is back under the limit', () => {
    expect(new Checked().checks(4, 'review').told).toEqual(['paused', 'probing 0.05']);
    const recovered = new Checked();
    recovered.check('review');
    expect(recovered.check('none')).toBe('probing');
  });

  it('begins a pause anew when the level gets worse', () => {
    const stream = new Checked().checks(3, 'review');
    stream.check('pause');
    expect(stream.guard).toMatchObject({ mode: 'paused', reason: 'pause' });
    expect(stream.pauseMinutes).toBe(15);
    expect(stream.checks(3, 'pause').told).toEqual(['paused', 'paused', 'probing 0.05']);
  });

  it('counts a round from the next full minute on', () => {
    const stream = probed();
    expect(stream.guard.memory.round!.startedAt - stream.now).toBe(30_000);
  });

  it('judges a round one check after it was full, by the mail sent up to then', () => {
    const stream = probed();
    stream.check('review', { ...GOOD, hardBounces: 0 });
    expect(stream.guard.memory.round).toMatchObject({ share: 0.05, fullAt: stream.now });
    // What was sent since is diluted by mail that had no time to bounce: it does not count.
    stream.check('review', { volume: 200, hardBounces: 6, complaints: 0 }, { ...GOOD, hardBounces: 6 });
    expect(stream.shown()).toBe('paused');
  });

  it('does not judge a full round by a check that comes moments later', () => {
    const stream = probed();
    stream.check('review', GOOD);
    stream.now -= CHECK - 59_000;
    expect(stream.checks(1, 'review', GOOD).shown()).toBe('probing 0.05');
    stream.now -= CHECK - 1_000;
    expect(stream.checks(1, 'review', GOOD).shown()).toBe('probing 0.1');
  });

  it('lets a bad stream wait twice as long each time, up to a day', () => {
    const stream = probed();
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      expect(stream.check('review', { volume: 20, hardBounces: 5, complaints: 0 })).toBe('paused');
      pauses.push(stream.pauseMinutes);
      while (stream.guard.mode === 'paused') stream.check('review');
      expect(stream.shown()).toBe('probing 0.05');
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 960, 1440, 1440, 1440]);
  });

  it('keeps to that wait though the account has recovered', () => {
    const stream = probed();
    stream.check('none', { volume: 100, hardBounces: 50, complaints: 0 });
    expect(stream.checks(5, 'none').shown()).toBe('paused');
    expect(stream.checks(1, 'none').shown()).toBe('probing 0.05');
  });

  it.each([
    ['two bounces of few', { volume: 20, hardBounces: 2, complaints: 0 }],
    ['one complaint', { volume: 20, hardBounces: 0, complaints: 1 }],
    ['three bounces of many', { volume: 99, hardBounces: 3, complaints: 0 }],
  ])('takes %s for chance', (_, counts) => {
    const stream = probed();
    expect(stream.checks(5, 'review', counts).shown()).toBe('probing 0.05');
  });

  it('takes two complaints for bad', () => {
    const stream = probed();
    expect(stream.check('review', { volume: 20, hardBounces: 0, complaints: 2 })).toBe('paused');
  });

  it('doubles the share with each good round, to half of the mail while the level still asks for a pause', () => {
    const stream = probed();
    stream.checks(30, 'review', GOOD);
    expect(stream.told.slice(1)).toEqual([0.05, 0.1, 0.2, 0.4, 0.5].map((share) => `probing ${share}`));
    expect(stream.check('none', GOOD)).toBe('open');
    expect(stream.guard).toMatchObject({ until: null, memory: { demand: 'none', round: null } });
  });

  it('falls back from any share, to the first one', () => {
    const stream = probed();
    stream.checks(6, 'review', GOOD);
    expect(stream.shown()).toBe('probing 0.4');
    stream.check('review', { volume: 100, hardBounces: 5, complaints: 0 });
    expect(stream.pauseMinutes).toBe(30);
    expect(stream.checks(6, 'review').shown()).toBe('probing 0.05');
  });

  it('opens after one good round once the level no longer asks for a pause', () => {
    const stream = probed();
    expect(stream.checks(1, 'none', GOOD).shown()).toBe('probing 0.05');
    expect(stream.checks(1, 'none', GOOD).shown()).toBe('open');
  });

  it('opens a stream without mail an hour after the account has recovered, and no sooner', () => {
    const stream = probed();
    expect(stream.checks(13, 'none').shown()).toBe('probing 0.05');
    expect(stream.checks(1, 'none').shown()).toBe('open');
  });

  it('never lets a larger share out without mail that proves it', () => {
    const stream = probed();
    stream.checks(100, 'review');
    expect(stream.told).toEqual(['paused', 'probing 0.05']);
  });

  it('judges little mail after an hour', () => {
    const few = { volume: 10, hardBounces: 0, complaints: 0 };
    expect(probed().checks(12, 'review', few).shown()).toBe('probing 0.05');
    expect(probed().checks(13, 'review', few).shown()).toBe('probing 0.1');
    const bad = probed();
    bad.checks(13, 'review', { volume: 10, hardBounces: 3, complaints: 0 });
    expect(bad.told).toContain('paused');
    expect(bad.guard.memory.failed).toBe(true);
  });

  it('waits for more where an hour’s little mail is unclear, a day at most', () => {
    const unclear = { volume: 10, hardBounces: 2, complaints: 0 };
    expect(probed().checks(280, 'review', unclear).told).toEqual(['paused', 'probing 0.05']);
    expect(probed().checks(280, 'none', unclear).shown()).toBe('probing 0.05');
    expect(probed().checks(290, 'none', unclear).shown()).toBe('open');
  });

  it('opens no stream whose mail went out and is not counted yet', () => {
    const uncounted = probed();
    uncounted.letOut = 1;
    expect(uncounted.checks(40, 'none').shown()).toBe('probing 0.05');
    // The counts of an instance whose database was away come a moment after the first check since then.
    const late = probed();
    late.checks(13, 'none');
    expect(late.checks(1, 'none', { volume: 5, hardBounces: 0, complaints: 0 }).shown()).toBe('probing 0.05');
  });

  it('judges a probe by all of its rounds', () => {
    const stream = probed();
    stream.checks(2, 'review', GOOD);
    expect(stream.shown()).toBe('probing 0.1');
    // Each bounce on its own was chance.
    expect(stream.check('review', GOOD, GOOD, { volume: 200, hardBounces: 9, complaints: 1 })).toBe(
      'probing',
    );
    expect(stream.check('review', GOOD, GOOD, { volume: 200, hardBounces: 10, complaints: 0 })).toBe(
      'paused',
    );
    expect(stream.guard.reason).toBe('the probe was bad: 10 hard bounces and 0 complaints of 200 emails');
    const late = probed();
    late.checks(2, 'review', GOOD);
    expect(late.check('review', NONE, NONE, { volume: 100, hardBounces: 1, complaints: 2 })).toBe('paused');
  });

  it('counts a probe from its own mail on, of two days at most', () => {
    const stream = probed();
    const { startedAt, probeFrom } = stream.guard.memory.round!;
    expect(startedAt - probeFrom).toBe(MINUTE);
    stream.checks(2, 'review', GOOD);
    expect(stream.guard.memory.round).toMatchObject({ share: 0.1, probeFrom });
    stream.checks(1_000, 'review', GOOD);
    expect(stream.now - stream.guard.memory.round!.probeFrom).toBeLessThanOrEqual(
      48 * 60 * MINUTE + 2 * CHECK,
    );
  });

  it('counts no mail of before a pause of moments', () => {
    const stream = new Checked();
    stream.check('review');
    stream.now -= CHECK - 1_000;
    stream.check('none');
    const { startedAt, probeFrom } = stream.guard.memory.round!;
    expect(probeFrom).toBe(startedAt);
  });

  it('takes one complaint of a full round for unclear, and begins the round anew', () => {
    const stream = probed();
    const { startedAt } = stream.guard.memory.round!;
    stream.checks(2, 'review', { ...GOOD, complaints: 1 });
    expect(stream.shown()).toBe('probing 0.05');
    expect(stream.guard.memory.round!.startedAt).toBeGreaterThan(startedAt);
  });

  it('sends a probed stream back when the level gets worse', () => {
    const stream = probed('review');
    stream.checks(2, 'review', GOOD);
    expect(stream.check('pause', GOOD)).toBe('paused');
    expect(stream.pauseMinutes).toBe(15);
    const recovered = probed();
    recovered.check('none');
    expect(recovered.check('review', GOOD)).toBe('paused');
  });

  it('does not send it back when the level gets better', () => {
    const stream = probed('pause');
    stream.checks(2, 'pause', GOOD);
    expect(stream.checks(1, 'review', GOOD).shown()).toBe('probing 0.1');
  });

  it('pauses again in the next trouble', () => {
    const stream = probed();
    stream.checks(2, 'none', GOOD);
    expect(stream.shown()).toBe('open');
    expect(stream.check('review')).toBe('paused');
    expect(stream.pauseMinutes).toBe(15);
  });

  describe('that the account’s complaints have paused', () => {
    const HOURS_6 = 72;
    it('has a full round judged six hours later, and a bad one at once', () => {
      const stream = complained();
      expect(stream.checks(HOURS_6, 'review', GOOD).shown()).toBe('probing 0.05');
      expect(stream.checks(1, 'review', GOOD).shown()).toBe('probing 0.1');
      const bad = complained();
      bad.checks(40, 'review', GOOD);
      expect(bad.check('review', { ...GOOD, complaints: 2 })).toBe('paused');
    });

    it('has little mail judged as late', () => {
      const few = { volume: 10, hardBounces: 0, complaints: 0 };
      expect(complained().checks(HOURS_6, 'review', few).shown()).toBe('probing 0.05');
      expect(
        complained()
          .checks(HOURS_6 + 1, 'review', few)
          .shown(),
      ).toBe('probing 0.1');
    });

    it('opens from the largest share alone, though other mail has taken the rate down', () => {
      const stream = complained();
      stream.checks(5 * (HOURS_6 + 1) - 1, 'none', GOOD);
      expect(stream.told.slice(1)).toEqual([0.05, 0.1, 0.2, 0.4, 0.5].map((share) => `probing ${share}`));
      expect(stream.checks(1, 'none', GOOD).shown()).toBe('open');
      expect(stream.guard.memory.complaints).toBe(false);
    });

    it('has forgotten it in the next trouble, once it was open', () => {
      const stream = complained();
      stream.checks(5 * (HOURS_6 + 1), 'none', GOOD);
      stream.complaints = false;
      stream.checks(4, 'review');
      expect(stream.checks(2, 'review', GOOD).shown()).toBe('probing 0.1');
    });
  });

  it('goes on where somebody has emptied its memory', () => {
    const stream = new Checked();
    stream.guard = { ...probed().guard, memory: { ...untouched('newsletter').memory, demand: 'review' } };
    expect(stream.check('review')).toBe('probing');
    expect(stream.shown()).toBe('probing 0.05');
  });
});
