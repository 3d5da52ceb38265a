/** One soft bounce of an address. */
export interface SoftBounce {
  /** `null` can't be told from another message, and so is not counted. */
  messageId: string | null;
  /** When its mail was sent. */
  sentAt: Date;
}

/**
 * How many messages in a row an address has bounced softly: those sent after whatever last cleared it (mail
 * that was delivered to it, by when that was sent; a release). A bounce may arrive days after its mail was
 * sent, so the order in which feedback arrives means nothing.
 */
export function softBounceRun(bounces: readonly SoftBounce[], clearedAt: readonly Date[]): number {
  const latest = Math.max(...clearedAt.map((at) => at.getTime()));
  return new Set(
    bounces
      .filter(({ messageId, sentAt }) => messageId !== null && sentAt.getTime() > latest)
      .map(({ messageId }) => messageId),
  ).size;
}
