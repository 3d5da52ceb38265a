import type { PendingEvent } from '../events/ses-events.js';
import type { StreamGuard } from './stream-guard.js';

/** `ses.guard.changed` for a change that is stored: application, stream and version make the id. */
export function guardChanged(
  from: StreamGuard,
  to: StreamGuard,
  { app, now, enforced }: { app: string; now: number; enforced: boolean },
): PendingEvent {
  const { stream, mode, cause, reason, actor, until, version } = to;
  return {
    name: 'ses.guard.changed',
    payload: {
      id: `guard:${app}:${stream}:${version}`,
      at: new Date(now),
      stream,
      from: from.mode,
      to: mode,
      share: shareOf(to),
      cause,
      reason,
      actor,
      until,
      enforced,
    },
  };
}

/** Share of the stream's mail that the state lets out, from 0 to 1. */
export function shareOf({ mode, memory }: StreamGuard): number {
  if (mode === 'probing') return memory.round?.share ?? 1;
  return mode === 'open' ? 1 : 0;
}
