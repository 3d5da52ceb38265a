/** One soft bounce of an address. */
export interface SoftBounce {
  /** `null` can't be told from another message, and so is not counted. */
  messageId: string | null;
  /** When its mail was sent. */
  sentAt: Date;
}

/** What speaks for an address again: mail delivered to it, by when that was sent, and its latest release. */
export interface Cleared {
  deliveries: readonly Date[];
  released: Date | null;
}

/**
 * The longest run of messages that bounced softly at an address with no delivery between them, by when the mail
 * was sent: a bounce may arrive days after its mail was sent, so the order in which feedback arrives means
 * nothing. What was sent before a release counts no more.
 */
export function softBounceRun(bounces: readonly SoftBounce[], { deliveries, released }: Cleared): number {
  const since = released?.getTime() ?? Number.NEGATIVE_INFINITY;
  const ends = deliveries.map((at) => at.getTime()).toSorted((a, b) => a - b);
  const runs = new Map<number, Set<string>>();
  for (const { messageId, sentAt } of bounces) {
    const at = sentAt.getTime();
    if (messageId === null || at <= since) continue;
    const end = ends.findIndex((delivered) => delivered >= at);
    const run = runs.get(end) ?? new Set();
    runs.set(end, run.add(messageId));
  }
  return Math.max(0, ...[...runs.values()].map(({ size }) => size));
}
