import type { PendingEvent } from '../events/ses-events.js';
import { EVERY_STREAM } from './suppressed-address.entity.js';
import type { SuppressionReason } from './suppression-reason.js';

/** What a change of the list is told with. */
export interface ListChange {
  eventId: string;
  address: string;
  scope: string;
  reason: SuppressionReason;
  at: Date;
  messageId?: string | null;
  /** The address was erased: the event must not be stored. */
  erased?: boolean;
}

export function suppressionAdded(change: ListChange): PendingEvent {
  const { eventId, at, address, reason, scope, messageId = null } = change;
  return {
    name: 'ses.suppression.added',
    payload: { id: eventId, at, address, reason, scope, stream: streamOf(scope), messageId },
    unstored: change.erased,
  };
}

export function suppressionRemoved(
  change: Omit<ListChange, 'reason' | 'messageId'> & { actor: string | null },
): PendingEvent {
  const { eventId, at, address, scope, actor } = change;
  return {
    name: 'ses.suppression.removed',
    payload: { id: eventId, at, address, scope, stream: streamOf(scope), actor },
    unstored: change.erased,
  };
}

/** One event for each person, however many streams the opt-out was for. */
export function unsubscribed(optOuts: ListChange[], everyStream: string[]): PendingEvent[] {
  const byAddress = new Map<string, ListChange[]>();
  for (const optOut of optOuts)
    byAddress.set(optOut.address, [...(byAddress.get(optOut.address) ?? []), optOut]);
  return Array.from(byAddress, ([address, own]) => {
    const scopes = [...new Set(own.map(({ scope }) => scope))];
    return {
      name: 'ses.unsubscribe',
      payload: {
        id: `${own[0]!.eventId}:unsubscribe`,
        at: own[0]!.at,
        address,
        stream: scopes.length === 1 ? streamOf(scopes[0]!) : null,
        streams: scopes.includes(EVERY_STREAM) ? everyStream : scopes,
      },
      unstored: own[0]!.erased,
    };
  });
}

function streamOf(scope: string): string | null {
  return scope === EVERY_STREAM ? null : scope;
}
