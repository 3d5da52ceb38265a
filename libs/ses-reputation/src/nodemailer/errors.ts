import { SesReputationError } from '../errors.js';
import type { SendReceipt } from '../mailer/send-receipt.js';

/** Every recipient is suppressed, so nothing was sent. nodemailer's SMTP transport fails with the same code then. */
export class AllRecipientsRejectedError extends SesReputationError {
  readonly code = 'EENVELOPE';
  readonly rejected: string[];

  constructor(readonly receipt: SendReceipt) {
    super("Can't send mail - all recipients were rejected: they are suppressed (see the error's receipt)");
    this.rejected = receipt.suppressed.map(({ address }) => address);
  }
}

/** The guard holds the stream back. Nothing was sent and nothing is kept: send it again later. */
export class StreamPausedError extends SesReputationError {
  readonly code = 'SES_STREAM_PAUSED';

  constructor(readonly receipt: SendReceipt) {
    super(`nothing was sent: the stream is paused (${receipt.paused?.reason ?? 'no reason given'})`);
  }
}
