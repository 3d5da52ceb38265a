/** What one instance has to send, a second. */
export interface Wanted {
  critical: number;
  others: number;
}

/** Of the rate, in equal parts whatever there is to send: so that the first mail of an idle instance need not wait. */
export const FLOOR = 0.1;

/**
 * Divides a rate: a small part to all alike, the rest to critical mail and then to the other, to those who want
 * little as much as they want and to the rest alike; what nobody wants, to all alike.
 *
 * @returns emails a second, in the order given; they add up to `perSecond`
 */
export function fairShares(wanted: readonly Wanted[], perSecond: number): number[] {
  if (wanted.length === 0) return [];
  const floor = (perSecond * FLOOR) / wanted.length;
  let shares = wanted.map(() => floor);
  let left = perSecond * (1 - FLOOR);
  const give = (wants: number[]) => {
    const given = level(left, wants);
    shares = shares.map((share, i) => share + given[i]!);
    left = Math.max(0, left - given.reduce((sum, each) => sum + each, 0));
  };
  give(wanted.map(({ critical }) => Math.max(0, critical - floor)));
  give(wanted.map(({ critical, others }, i) => Math.max(0, critical + others - shares[i]!)));
  return shares.map((share) => share + left / wanted.length);
}

/** The same for all, but to none more than it wants. */
function level(amount: number, wants: readonly number[]): number[] {
  const given = wants.map(() => 0);
  const byWant = wants.map((_, i) => i).toSorted((a, b) => wants[a]! - wants[b]!);
  let left = amount;
  byWant.forEach((index, done) => {
    const mine = Math.min(wants[index]!, left / (byWant.length - done));
    given[index] = mine;
    left -= mine;
  });
  return given;
}
