import { describe, expect, it } from '@jest/globals';
import { hiddenMail, isGone, isOver, isSudden, judgeHidden, type HiddenState } from './unaccounted.js';

const RULES = { volume: 100, share: 0.1 };
const MINUTE = 60_000;

describe('mail from elsewhere', () => {
  it.each([
    [100, 1_000, true, false],
    [99, 990, false, false],
    [100, 1_001, false, false],
    [50, 500, false, false],
    [49, 490, false, true],
    [50, 1_000, false, false],
    [50, 1_001, false, true],
    [0, 0, false, true],
  ])('%d of %d: over %s, gone %s', (volume, of, over, gone) => {
    expect(isOver({ volume, of }, RULES)).toBe(over);
    expect(isGone({ volume, of }, RULES)).toBe(gone);
  });

  it('is sudden where its share and volume are twice the usual ones', () => {
    const usual = { volume: 3_000, of: 60_000 };
    expect(isSudden({ volume: 200, of: 2_000 }, usual, 30)).toBe(true);
    expect(isSudden({ volume: 199, of: 2_000 }, usual, 30)).toBe(false);
  });

  it('is not sudden because there was little mail of one’s own that day', () => {
    expect(isSudden({ volume: 110, of: 110 }, { volume: 3_000, of: 60_000 }, 30)).toBe(false);
  });

  it('is sudden where there was none, or no mail at all', () => {
    expect(isSudden({ volume: 1, of: 1_000 }, { volume: 0, of: 60_000 }, 30)).toBe(true);
    expect(isSudden({ volume: 1, of: 1_000 }, { volume: 0, of: 0 }, 1)).toBe(true);
  });

  it('is what SES counted beyond ours, and never below nothing', () => {
    expect(hiddenMail(1_000, 700)).toEqual({ volume: 300, of: 1_000 });
    expect(hiddenMail(700, 1_000)).toEqual({ volume: 0, of: 700 });
  });
});

describe('hidden mail', () => {
  const over = { volume: 300, of: 1_000 };
  const half = { volume: 60, of: 1_000 };
  const under = { volume: 10, of: 1_000 };

  function told(...series: [minute: number, mail: typeof over][]): boolean[] {
    let state: HiddenState = { since: null, told: false };
    return series.map(([minute, mail]) => {
      state = judgeHidden(state, mail, RULES, { now: minute * MINUTE, lastsMs: 15 * MINUTE });
      return state.told;
    });
  }

  it('is told of when it lasts', () => {
    expect(told([0, over], [5, over], [14, over], [15, over], [20, over])).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it('is not told of when it was not counted yet', () => {
    expect(told([0, over], [10, under], [20, over], [30, under])).toEqual([false, false, false, false]);
    expect(told([0, over], [10, half], [20, over])).toEqual([false, false, false]);
  });

  it('is over only below half of a limit', () => {
    expect(told([0, over], [15, over], [20, half], [25, under], [30, over], [45, over])).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});
