import type { SESv2Client } from '@aws-sdk/client-sesv2';
import type { ResolvedStream, StreamPriority } from '../../options/ses-reputation-options.js';
import type { Turns } from '../../rate/send-rate.js';
import type { CheckedMessage } from '../check-message.js';
import type { Recipients } from '../read-recipients.js';
import type { SendReceipt, SuppressedRecipient } from '../send-receipt.js';
import type { GateResult } from '../suppression-gate.js';

/** A message that may go out, to those who are left. */
export interface Admitted {
  message: CheckedMessage;
  recipients: Recipients;
  suppressed: SuppressedRecipient[];
  gate: GateResult;
  /** When the list was asked, by the clock. */
  askedAt: number;
  /** Gives a probe's share back that SES did not take. */
  giveBack: () => void;
}

/** The steps of the mailer's single send, for those that send many. */
export interface SendSteps {
  client: SESv2Client;
  /** Aborted when the application begins to close. */
  closing: AbortSignal;
  check(message: unknown): CheckedMessage;
  /** The receipt of a message whose stream is paused. */
  hold(message: CheckedMessage): SendReceipt | null;
  /** @throws SuppressionUnavailableError */
  look(keys: string[], stream: ResolvedStream): Promise<GateResult>;
  /** @throws RecipientsSuppressedError */
  admit(message: CheckedMessage, gate: GateResult): { receipt: SendReceipt } | Admitted;
  /** Which of messages of one stream may go still, after a wait. `undefined`: all. */
  stillFree(admitted: readonly Admitted[]): Promise<boolean[]> | undefined;
  /** When SES may be asked about so many recipients. */
  turnsOf(emails: number, priority: StreamPriority): Turns;
  /** Recipients of one call that the rate has room for. */
  mostAtOnce(priority: StreamPriority): number;
  submit(admitted: Admitted, signal: AbortSignal): Promise<string>;
  /** Books and tells what SES took, all of one stream and configuration set. */
  accept(taken: { admitted: Admitted; messageId: string }[]): SendReceipt[];
  /** All of it by itself, as `send` does. */
  sendWhole(message: CheckedMessage, signal: AbortSignal): Promise<SendReceipt>;
  /** Tells of a failure, if it is one of sending. */
  failed(message: CheckedMessage, error: unknown): void;
  /** The application's end waits for it. */
  track<T>(work: Promise<T>): Promise<T>;
}
