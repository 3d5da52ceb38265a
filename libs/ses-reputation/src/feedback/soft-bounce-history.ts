import { deliveryId } from './entries/delivery-entries.js';
import { softBounceRun } from './soft-bounce-run.js';

/** So many bounces, and deliveries, of an address are looked at, newest first; runs are far shorter. */
export const MOST_OF_A_RUN = 2_000;

interface Bounced {
  messageId: string | null;
  at: Date;
  sentAt: Date | null;
}

/** The soft bounces of one address, and what was delivered to it, in whatever order they become known. */
export class SoftBounceHistory {
  private readonly bounces: Bounced[] = [];
  private readonly deliveries: { id: string; sentAt: Date }[] = [];

  /** @param key look-up key of the address */
  constructor(private readonly key: string) {}

  bounced({ messageId, at, sentAt }: Bounced): void {
    this.bounces.push({ messageId, at, sentAt });
  }

  /** @param id of the delivery's entry */
  delivered(id: string, sentAt: Date): void {
    this.deliveries.push({ id, sentAt });
  }

  /** How many messages in a row have bounced softly. `releases`: when the address was released. */
  inARow(releases: readonly Date[]): number {
    const bounces = newest(this.bounces, ({ at }) => at).map(({ messageId, sentAt, at }) => ({
      messageId,
      sentAt: sentAt ?? at,
    }));
    // Mail that a server took and bounced afterwards was not delivered to the mailbox.
    const bounced = new Set(
      bounces.flatMap(({ messageId }) =>
        messageId ? deliveryId(messageId, { key: this.key, address: this.key }) : [],
      ),
    );
    const deliveries = newest(this.deliveries, ({ sentAt }) => sentAt).flatMap(({ id, sentAt }) =>
      bounced.has(id) ? [] : sentAt,
    );
    const released = releases.length === 0 ? null : new Date(Math.max(...releases.map((at) => at.getTime())));
    return softBounceRun(bounces, { deliveries, released });
  }
}

function newest<T>(all: readonly T[], at: (one: T) => Date): readonly T[] {
  if (all.length <= MOST_OF_A_RUN) return all;
  return all.toSorted((a, b) => at(b).getTime() - at(a).getTime()).slice(0, MOST_OF_A_RUN);
}
