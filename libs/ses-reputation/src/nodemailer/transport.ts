import type { MailerService } from '../mailer/mailer.service.js';
import type { SendReceipt } from '../mailer/send-receipt.js';
import { AllRecipientsRejectedError, StreamPausedError } from './errors.js';
import { toMessage } from './to-message.js';

export interface SesReputationTransportOptions {
  /** Stream of messages that name none. Default: the module's `defaultStream`. */
  stream?: string;
  /** Tags of every message; those of a message win. */
  tags?: Record<string, string>;
}

/** What `sendMail` gives. */
export interface SesReputationSentInfo {
  envelope: { from: string | false; to: string[] };
  /** SES's message id, as feedback names it. */
  messageId: string;
  accepted: string[];
  /** Suppressed recipients, who were left out. */
  rejected: string[];
  pending: string[];
  /** SES's message id too, as of nodemailer's SES transport. */
  response: string;
  receipt: SendReceipt;
}

/** As much of nodemailer's `MailMessage` as is used, so that versions and their types don't matter. */
export interface TransportedMail {
  // oxlint-disable-next-line typescript/no-explicit-any -- messages carry fields of plugins
  data: Record<string, any>;
  message?: { getEnvelope(): { from: string | false; to: string[] } } | null;
  // oxlint-disable-next-line typescript/no-explicit-any -- as nodemailer declares it
  resolveContent(data: any, key: any, callback: (error: Error | null, content?: any) => void): any;
}

/** A transport for nodemailer's `createTransport`. */
export interface SesReputationTransport {
  name: string;
  version: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- nodemailer's class, of whatever version
  send(mail: any, done: (error: Error | null, info: SesReputationSentInfo) => void): void;
  verify(callback?: (error: Error | null, success: true) => void): Promise<true>;
  isIdle(): boolean;
  close(): void;
}

/**
 * Lets nodemailer send through `MailerService`: templates, plugins, callbacks and defaults stay nodemailer's, and
 * suppression, guard, rate and feedback are this module's.
 *
 * @example
 * ```ts
 * const transporter = createTransport(sesReputationTransport(mailerService));
 * await transporter.sendMail({ to: 'ann@example.com', subject: 'Welcome', text: 'Good to have you.' });
 * ```
 */
export function sesReputationTransport(
  mailer: Pick<MailerService, 'send'>,
  options: SesReputationTransportOptions = {},
): SesReputationTransport {
  return {
    name: 'SesReputation',
    version: '1',
    send(mail: TransportedMail, done) {
      // Out of the promise: what the callback throws is its own, and must not come back as a failed send.
      deliver(mailer, options, mail).then(
        (info) => setImmediate(() => done(null, info)),
        (error: Error) => setImmediate(() => (done as (error: Error) => void)(error)),
      );
    },
    /** The module has checked its options at the start; no connection is held that could be tried. */
    verify(callback) {
      if (callback) setImmediate(() => callback(null, true));
      return Promise.resolve(true);
    },
    isIdle: () => true,
    /** `MailerService` closes with the application. */
    close: () => undefined,
  };
}

async function deliver(
  mailer: Pick<MailerService, 'send'>,
  options: SesReputationTransportOptions,
  mail: TransportedMail,
): Promise<SesReputationSentInfo> {
  const receipt = await mailer.send(await toMessage(mail, options));
  if (receipt.status === 'suppressed') throw new AllRecipientsRejectedError(receipt);
  if (receipt.status === 'paused') throw new StreamPausedError(receipt);
  const messageId = receipt.messageId!;
  return {
    envelope: mail.message?.getEnvelope() ?? { from: false, to: receipt.accepted },
    messageId,
    accepted: receipt.accepted,
    rejected: receipt.suppressed.map(({ address }) => address),
    pending: [],
    response: messageId,
    receipt,
  };
}
