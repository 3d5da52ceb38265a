import { parseAddrSpec } from '../address/addr-spec.js';
import { fitBytes } from '../store/fit-text.js';
import { tracePattern } from '../suppression/trace-pattern.js';
import type { PendingEvent } from '../events/ses-events.js';
import type { FeedbackEntry } from './entries/entry.js';
import type { FeedbackEvent } from './feedback-event.entity.js';
import type { EventRecipient } from './ses-event/recipient.js';

/** SES takes mail for at most 50 recipients. An event that names more must not fill the database with copies. */
const WHOLE_ROWS = 50;
const WHOLE_BYTES = 60_000;
const SHORT_BYTES = 1_000;
const ERASED = '[erased]';

/**
 * One event's entries as they may be kept: what came cut to fit, and nothing by which one who was erased could be
 * known. What is counted stays as it was; events about somebody erased are raised without being stored.
 *
 * @param named everybody the event names
 * @param erased keys of those who were erased, and the key that stands for each
 */
export function storable(
  entries: readonly FeedbackEntry[],
  named: readonly EventRecipient[],
  erased: ReadonlyMap<string, string>,
): FeedbackEntry[] {
  const without = eraser(named.filter(({ key }) => key !== null && erased.has(key)));
  // All rows hold the same event.
  const whole = fitBytes(without(entries.find(({ row }) => row)?.row?.raw ?? ''), WHOLE_BYTES);
  const short = fitBytes(whole, SHORT_BYTES);
  return entries.map((entry, n) => {
    const { row, suppression, recipient } = entry;
    const hidden = recipient?.key ? erased.get(recipient.key) : undefined;
    const kept: FeedbackEntry = {
      ...entry,
      row: row && { ...rowWithout(row, without), raw: n < WHOLE_ROWS ? whole : short },
      suppression: suppression && { ...suppression, note: suppression.note && without(suppression.note) },
      events: hidden === undefined ? entry.events.map((event) => eventWithout(event, without)) : entry.events,
    };
    if (hidden === undefined) return kept;
    // An erased address is suppressed for good: there is no run of bounces to keep for it.
    return {
      ...kept,
      row: kept.row && { ...kept.row, address: null, key: hidden },
      delivered: null,
      soft: false,
      events: kept.events.map(({ name, payload }) => ({ name, payload, unstored: true }) as PendingEvent),
    };
  });
}

function rowWithout(row: FeedbackEvent, without: (text: string) => string): FeedbackEvent {
  return row.diagnostic === null ? row : { ...row, diagnostic: without(row.diagnostic) };
}

function eventWithout(event: PendingEvent, without: (text: string) => string): PendingEvent {
  if (without === asItIs) return event;
  const fields = Object.entries(event.payload).map(([name, value]) => [
    name,
    typeof value === 'string' && name !== 'id' ? without(value) : (value as unknown),
  ]);
  return { ...event, payload: Object.fromEntries(fields) } as PendingEvent;
}

function asItIs(text: string): string {
  return text;
}

function eraser(recipients: readonly EventRecipient[]): (text: string) => string {
  const patterns = recipients.flatMap(({ address }) => {
    // Not from the key, which spells what is not ASCII in a way of its own.
    const spec = parseAddrSpec(address);
    return spec ? tracePattern(spec) : [];
  });
  if (patterns.length === 0) return asItIs;
  return (text) => patterns.reduce((rest, pattern) => rest.replace(pattern, ERASED), text);
}
