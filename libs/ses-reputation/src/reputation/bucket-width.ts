export const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Minutes a bucket may be wide. */
export const WIDTHS = [1, 60, 1440] as const;
export type Width = (typeof WIDTHS)[number];

/** How old mail may be to be counted by the minute, by the hour, and at all. */
export const MINUTES_FOR_MS = 2 * DAY_MS;
export const HOURS_FOR_MS = 32 * DAY_MS;
export const DAYS_FOR_MS = 2 * 365 * DAY_MS;

/** Width of the bucket that mail of this age is booked to: recent mail to the minute, old mail to the day. */
export function widthOf(ageMs: number): Width {
  if (ageMs <= MINUTES_FOR_MS) return 1;
  return ageMs <= HOURS_FOR_MS ? 60 : 1440;
}

/** Start of the bucket of that width that holds this moment. Both in milliseconds since the epoch. */
export function startOf(at: number, minutes: number): number {
  const width = minutes * MINUTE_MS;
  return Math.floor(at / width) * width;
}
