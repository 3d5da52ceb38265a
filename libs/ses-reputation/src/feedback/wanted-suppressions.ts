import type { NewSuppression } from '../suppression/suppression-ledger.js';
import { EVERY_STREAM } from '../suppression/suppressed-address.entity.js';
import type { FeedbackEntry, WantedSuppression } from './entries/entry.js';
import { meaningId } from './meaning-id.js';

export interface Release {
  key: string;
  scope: string;
  at: Date;
}

/**
 * What an entry asks for, less what a release speaks against: feedback for mail that was sent before a
 * release says nothing new about the address. Where it is unknown when the mail was sent, what happened
 * before the release was sent before it too.
 */
export function suppressionsOf(
  { id, recipient, at, sentAt, messageId }: FeedbackEntry,
  wanted: WantedSuppression,
  releases: readonly Release[],
  now: Date,
): NewSuppression[] {
  const key = recipient?.key;
  if (!recipient || !key) return [];
  const { reason, note } = wanted;
  return wanted.scopes
    .filter((scope) => !releasesOf(key, scope, releases).some((released) => (sentAt ?? at) <= released))
    .map((scope) => ({
      key,
      address: recipient.address,
      scope,
      reason,
      // The clock of a mailbox provider may be ahead of ours.
      since: at < now ? at : now,
      note,
      messageId,
      eventId: meaningId('suppression', id, scope, reason),
    }));
}

/** When the address was released in this scope, or everywhere. */
export function releasesOf(key: string, scope: string, releases: readonly Release[]): Date[] {
  return releases
    .filter((release) => release.key === key && (release.scope === EVERY_STREAM || release.scope === scope))
    .map(({ at }) => at);
}
