const OLDEST_MS = 75 * 60_000;
const AHEAD_MS = 15 * 60_000;

/**
 * Why a message is not believed at this time, or `null`. SNS tries again for an hour at the most, so that an
 * older message was recorded by someone and is played back.
 */
export function staleness(at: number, now: number): string | null {
  if (now - at > OLDEST_MS) return 'Timestamp is more than 75 minutes old';
  if (at - now > AHEAD_MS)
    return 'Timestamp is more than 15 minutes ahead; is the clock of this machine right?';
  return null;
}
