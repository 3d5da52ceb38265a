import type { CheckedMessage } from '../check-message.js';
import type { GateResult } from '../suppression-gate.js';
import type { BulkMessage } from './bulk-message.js';
import type { SendManyReceipt } from './send-many-options.js';

/** The place of one message in the order of input, from when it is taken from the source to its receipt. */
export interface Slot {
  receipt: SendManyReceipt | null;
  /** As the source gave it; `null` once there is a receipt, so that nothing is held longer than needed. */
  given: unknown;
}

/** A message that can be handed to SES. */
export interface Ready {
  slot: Slot;
  message: CheckedMessage;
  bulk: BulkMessage | null;
  /** What the suppression list said; `null` for a message that asks by itself. */
  gate: GateResult | null;
  /** By the monotonic clock. */
  since: number;
}
