const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?\s*(?:Z|([+-]\d{2}):?(\d{2}))?$/i;
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

/**
 * Reads a timestamp of SES. All three spellings that Amazon documents come up: `2017-08-05T00:41:02.669Z`, one
 * with the offset of a mailbox provider, and `2018-10-08T14:05:45 +0000`. `null` if it is not a time at
 * which mail could have been sent: a date that nothing can be booked to is worse than none.
 */
export function eventTime(value: unknown): Date | null {
  const match = typeof value === 'string' ? TIME.exec(value.trim()) : null;
  if (!match) return null;
  const [, date, time, fraction = '0', hours, minutes] = match;
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  const at = Date.parse(`${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${zone}`);
  return at >= EARLIEST && at < LATEST ? new Date(at) : null;
}
