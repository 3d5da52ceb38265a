/** A fraction from 0 to 1; 0 where nothing was sent. */
export function rate(count: number, volume: number): number {
  if (!(volume > 0)) return 0;
  return Math.min(1, Math.max(0, count / volume));
}
