import type { SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import type { Clock } from '../clock.js';
import type { GuardGate } from '../guard/guard-gate.js';
import type { SendPause } from '../guard/send-pause.js';
import { narrowedTo } from './compose.js';
import { RecipientsSuppressedError } from './errors.js';
import { everyone, without } from './read-recipients.js';
import type { Admitted } from './send-many/steps.js';
import type { SendReceipt, SuppressedRecipient } from './send-receipt.js';
import { leftOut, type SuppressionGate } from './suppression-gate.js';

/** A message may wait for its turn for hours: what was asked longer ago than this is asked again. */
const STALE_MS = 10_000;

/** A message that was let go is not sent after all. */
export class Withdrawn extends Error {
  constructor(readonly receipt: SendReceipt) {
    super(receipt.status);
  }
}

export interface SecondLookParts {
  clock: Clock;
  guard: GuardGate;
  suppressions: SuppressionGate;
  hold: (message: Admitted['message'], pause: SendPause) => SendReceipt;
  tell: (message: Admitted['message'], suppressed: SuppressedRecipient[]) => void;
}

/**
 * Looks again, when a message has its turn at last, whether its stream may send and who has been suppressed since: a
 * recipient may have complained about the mail before it.
 */
export class SecondLook {
  constructor(private readonly parts: SecondLookParts) {}

  /**
   * Takes those who have been suppressed out of the message and its request. `undefined`: it was asked just now.
   *
   * @throws Withdrawn if nobody is left, or the stream is paused now
   * @throws RecipientsSuppressedError, SuppressionUnavailableError as the first look does
   */
  of(admitted: Admitted, request: SendEmailCommandInput): Promise<void> | undefined {
    return this.isStale(admitted) ? this.look(admitted, request) : undefined;
  }

  /** Which of messages of one stream may go as they are. `undefined`: they were asked for just now. */
  stillFree(admitted: readonly Admitted[]): Promise<boolean[]> | undefined {
    return admitted.some((one) => this.isStale(one)) ? this.lookForAll(admitted) : undefined;
  }

  private isStale({ askedAt }: Admitted): boolean {
    return Math.abs(this.parts.clock.now() - askedAt) >= STALE_MS;
  }

  private async look(admitted: Admitted, request: SendEmailCommandInput): Promise<void> {
    const { message } = admitted;
    const pause = this.parts.guard.pauseOf(message.stream);
    if (pause) throw new Withdrawn(this.parts.hold(message, pause));
    const gate = await this.parts.suppressions.ask(keysOf([admitted]), message.stream);
    admitted.askedAt = this.parts.clock.now();
    const found = leftOut(admitted.recipients, gate.suppressed);
    if (found.length === 0) return;
    if (message.onSuppressed === 'throw') {
      this.parts.tell(message, found);
      throw new RecipientsSuppressedError(found);
    }
    const suppressed = [...admitted.suppressed, ...found];
    admitted.suppressed = suppressed;
    admitted.recipients = without(admitted.recipients, gate.suppressed);
    if (everyone(admitted.recipients).length === 0) {
      this.parts.tell(message, suppressed);
      throw new Withdrawn({ status: 'suppressed', messageId: null, accepted: [], suppressed });
    }
    request.Destination = narrowedTo(request, admitted.recipients);
  }

  private async lookForAll(admitted: readonly Admitted[]): Promise<boolean[]> {
    const { stream } = admitted[0]!.message;
    if (this.parts.guard.pauseOf(stream)) return admitted.map(() => false);
    const gate = await this.parts.suppressions.ask(keysOf(admitted), stream);
    for (const one of admitted) one.askedAt = this.parts.clock.now();
    return admitted.map(({ recipients }) => leftOut(recipients, gate.suppressed).length === 0);
  }
}

function keysOf(admitted: readonly Admitted[]): string[] {
  return admitted.flatMap(({ recipients }) => everyone(recipients).map(({ key }) => key));
}
