import { median } from './median.js';

/** One way of doing the work. */
export interface Contender {
  name: string;
  /** `ours` stands first; a peer is what a user would do instead; a limit is what no code on top of it can pass. */
  role: 'ours' | 'peer' | 'limit';
  /** Does the work of one round and gives the figure. What only prepares it stays outside what it measures. */
  measure(round: number): Promise<number>;
}

export interface Comparison {
  title: string;
  unit: string;
  /** Whether a larger or a smaller figure is the better one. */
  better: 'more' | 'less';
  /** Rounds that come before those that count, until the code is as fast as it gets. Default 1. */
  warmUp?: number;
  contenders: Contender[];
}

export interface ComparedContender {
  name: string;
  role: Contender['role'];
  /** Median of the rounds. */
  median: number;
  /** How many times as good ours is: median, lowest and highest of the rounds. */
  ratio: { median: number; lowest: number; highest: number };
}

export interface ComparisonResult {
  title: string;
  unit: string;
  better: Comparison['better'];
  rounds: number;
  contenders: ComparedContender[];
}

/** Measures a comparison. */
export type Compare = (comparison: Comparison) => Promise<ComparisonResult>;

/**
 * Measures the contenders in turn, round by round, each second round in the opposite order, so that what slows the
 * machine down for a while slows all of them. A ratio is taken within its round, for the same reason. The first
 * rounds warm up and do not count.
 *
 * @param rounds odd, so that the median is one of the figures
 */
export async function compare(comparison: Comparison, rounds: number): Promise<ComparisonResult> {
  const { title, unit, better, warmUp = 1, contenders } = comparison;
  const figures = new Map(contenders.map((contender) => [contender, [] as number[]]));
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      globalThis.gc?.();
      const figure = await contender.measure(round);
      if (round >= warmUp) figures.get(contender)!.push(figure);
    }
  }
  const ours = figures.get(contenders[0]!)!;
  return {
    title,
    unit,
    better,
    rounds,
    contenders: contenders.map((contender) => {
      const theirs = figures.get(contender)!;
      const ratios = theirs.map((figure, i) => (better === 'more' ? ours[i]! / figure : figure / ours[i]!));
      return {
        name: contender.name,
        role: contender.role,
        median: median(theirs),
        ratio: { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) },
      };
    }),
  };
}
