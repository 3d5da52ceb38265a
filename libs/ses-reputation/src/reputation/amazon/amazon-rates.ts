import { describeError } from '../../describe-error.js';

/** Amazon's own rates, as its source last gave them. Fractions from 0 to 1; `null` where Amazon has no figure. */
export interface AmazonRates {
  bounce: number | null;
  complaint: number | null;
  /** When Amazon took them, in milliseconds since the epoch. */
  at: number;
}

/** Ours beside theirs. */
export interface AmazonComparison {
  /** `null` where Amazon has no figure. */
  bounce: RateComparison | null;
  complaint: RateComparison | null;
  /** When Amazon took its figures. */
  at: Date;
}

export interface RateComparison {
  /** Amazon's, from 0 to 1. */
  rate: number;
  /** Our rate less Amazon's: above 0 we count more than Amazon does. */
  difference: number;
}

/**
 * Reads what a source of a host gave; a figure that is no fraction counts as none.
 *
 * @returns also what was wrong with it, `null` if nothing was
 */
export function readRates(given: unknown, now: number): { rates: AmazonRates | null; odd: string | null } {
  if (given === null || given === undefined) return { rates: null, odd: null };
  const { bounce, complaint, at } = given as Record<string, unknown>;
  const time = at instanceof Date ? at.getTime() : Number.NaN;
  if (Number.isNaN(time)) return { rates: null, odd: `"at" is ${describeError(at)}, no valid Date` };
  const odd = Object.entries({ bounce, complaint }).filter(([, rate]) => !isNone(rate) && !isFraction(rate));
  const rates = { bounce: fraction(bounce), complaint: fraction(complaint), at: Math.min(time, now) };
  return { rates, odd: odd.length === 0 ? null : odd.map(describeOdd).join(', ') };
}

export function compareRates(
  ours: { bounce: number; complaint: number },
  theirs: AmazonRates,
): AmazonComparison {
  return {
    bounce: compare(ours.bounce, theirs.bounce),
    complaint: compare(ours.complaint, theirs.complaint),
    at: new Date(theirs.at),
  };
}

function compare(ours: number, rate: number | null): RateComparison | null {
  return rate === null ? null : { rate, difference: decimal(ours - rate) };
}

/** 0.05 less 0.04 is 0.010000000000000002 in floating point, and beyond a tolerance of 0.01: so as in decimal. */
function decimal(value: number): number {
  return Number(value.toFixed(12));
}

function isNone(rate: unknown): boolean {
  return rate === null || rate === undefined;
}

function isFraction(rate: unknown): rate is number {
  return typeof rate === 'number' && rate >= 0 && rate <= 1;
}

function fraction(rate: unknown): number | null {
  return isFraction(rate) ? rate : null;
}

function describeOdd([name, rate]: [string, unknown]): string {
  return `"${name}" is ${describeError(rate)}, no fraction from 0 to 1`;
}
