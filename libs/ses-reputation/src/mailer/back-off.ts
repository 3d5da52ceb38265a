const FIRST_MS = 200;
const LONGEST_MS = 4_000;

/** Wait before attempt `attempt + 1`: doubling, with half of it random, so that instances drift apart. */
export function backOffMs(attempt: number, random: number = Math.random()): number {
  const most = Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS);
  return Math.round(most / 2 + (most / 2) * random);
}
