import type { StreamPriority } from '../../options/ses-reputation-options.js';
import type { Ready } from './slot.js';
import { everyone } from '../read-recipients.js';

/** Developer guide, "Service quotas": 50 destinations a call. */
const MOST_ENTRIES = 50;
/** As in one message, so that a call never asks the sending rate for more than a message may. */
const MOST_RECIPIENTS = 50;
/** Template data of one call, in characters. The guide names no limit for a request; this is far below any of AWS's. */
const MOST_DATA = 4 * 1024 * 1024;

/**
 * The next messages to hand over: the first that waits, with those that can share its call.
 *
 * @param most messages at once
 * @param mostAtOnce recipients that the rate has room for; a call of more would be refused in part
 * @returns `full`: another message would find no room in it
 */
export function nextGroup(
  waiting: readonly Ready[],
  most: number,
  mostAtOnce: (priority: StreamPriority) => number,
): { group: Ready[]; full: boolean } {
  const [first] = waiting;
  if (!first?.bulk) return { group: first ? [first] : [], full: true };
  const { key } = first.bulk;
  const entries = Math.min(most, MOST_ENTRIES);
  const room = Math.min(MOST_RECIPIENTS, mostAtOnce(first.message.stream.priority));
  const group: Ready[] = [];
  let recipients = 0;
  let data = 0;
  for (const one of waiting) {
    if (one.bulk?.key !== key) continue;
    recipients += everyone(one.message.recipients).length;
    data += one.bulk.template.data.length;
    if (group.length > 0 && (recipients > room || data > MOST_DATA)) return { group, full: true };
    group.push(one);
    if (group.length === entries) return { group, full: true };
  }
  return { group, full: recipients >= room };
}
