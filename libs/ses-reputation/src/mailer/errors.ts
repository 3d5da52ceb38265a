import { describeError } from '../describe-error.js';
import { SesReputationError } from '../errors.js';
import { TurnRefusedError } from '../rate/turn-refused.error.js';
import type { SuppressedRecipient } from './send-receipt.js';

/** The message can't be sent as it is. Nothing was sent, and SES was not asked. */
export class MessageInvalidError extends SesReputationError {
  readonly code = 'SES_MESSAGE_INVALID';

  constructor(
    /** What is wrong, as the path to it: `attachments[0].filename`. */
    readonly field: string,
    why: string,
    options?: { cause?: unknown },
  ) {
    super(`${field}: ${why}`, options);
  }
}

/** Recipients are suppressed, and `onSuppressed` is `throw`. Nothing was sent, to nobody. */
export class RecipientsSuppressedError extends SesReputationError {
  readonly code = 'SES_RECIPIENTS_SUPPRESSED';

  constructor(readonly suppressed: SuppressedRecipient[]) {
    super(
      `${suppressed.length} of the recipients must not be mailed (see the error's "suppressed"), so nothing was ` +
        "sent; with onSuppressed: 'skip' the others get the mail",
    );
  }
}

/** The suppression list could not be read, and the stream fails closed. Nothing was sent; try again later. */
export class SuppressionUnavailableError extends SesReputationError {
  readonly code = 'SES_SUPPRESSION_UNAVAILABLE';

  constructor(stream: string, cause: unknown) {
    super(
      `the suppression list could not be read (${describeError(cause)}), so nothing was sent on "${stream}"; try again ` +
        `later, or set whenStoreFails: 'open' for mail that must go out all the same`,
      { cause },
    );
  }
}

/** `sendMany` was stopped before this message went to SES. Nothing was sent. */
export class SendCancelledError extends SesReputationError {
  readonly code = 'SES_SEND_CANCELLED';

  constructor(why: string, options?: { cause?: unknown }) {
    super(`${why} before this message was handed to SES, so it was not sent`, options);
  }
}

/**
 * SES still refused for the sending rate when the last attempt was made, or the message did not get its turn
 * (`cause` says why). Nothing was sent; try again later.
 */
export class SendThrottledError extends SesReputationError {
  readonly code = 'SES_SEND_THROTTLED';

  constructor(attempts: number, cause: unknown) {
    super(
      cause instanceof TurnRefusedError
        ? `${cause.message}; nothing was sent, try again later`
        : `SES refused ${attempts} attempts for its sending rate; nothing was sent, try again later`,
      { cause },
    );
  }
}

/** The account's 24-hour quota, or what streams that are not critical may use of it, is used up. Nothing was sent; it moves as the last 24 hours do. */
export class SendQuotaExceededError extends SesReputationError {
  readonly code = 'SES_SEND_QUOTA_EXCEEDED';

  constructor(cause: unknown) {
    super(
      `${cause instanceof TurnRefusedError ? cause.message : "the SES account's 24-hour sending quota is used up"}; ` +
        'nothing was sent. Try again in some hours, or ask AWS for a higher quota',
      { cause },
    );
  }
}

/** SES could not be reached, or answered with a failure of its own, at every attempt. Nothing was sent. */
export class SesUnavailableError extends SesReputationError {
  readonly code = 'SES_UNAVAILABLE';

  constructor(attempts: number, cause: unknown) {
    super(
      `SES did not take the message in ${attempts} attempts (${describeError(cause)}); nothing was sent`,
      {
        cause,
      },
    );
  }
}

/** AWS or the account's owner has stopped its sending. Nothing was sent, and no other message would be. */
export class SendingDisabledError extends SesReputationError {
  readonly code = 'SES_SENDING_DISABLED';

  constructor(cause: unknown) {
    super(
      `the SES account or the configuration set may not send at present (${describeError(cause)}); look at the account's ` +
        'status and its reputation in the SES console',
      { cause },
    );
  }
}

const HINTS: Record<string, string> = {
  MessageRejected: 'an identity is not verified, or the content is refused',
  MailFromDomainNotVerifiedException: "verify the sender's domain (and its MAIL FROM domain) in SES",
  NotFoundException: 'the configuration set or the template does not exist in this region',
  AccessDeniedException:
    'the IAM policy must allow ses:SendEmail and ses:SendRawEmail on the identity and the configuration set',
};

/** SES will not take this request however often it comes. Nothing was sent. */
export class SendRejectedError extends SesReputationError {
  readonly code = 'SES_SEND_REJECTED';
  /** SES's own name for it: `MessageRejected`, `NotFoundException`, `AccessDeniedException`, ... */
  readonly sesError: string;

  constructor(cause: unknown) {
    const { name = 'unknown', message = describeError(cause) } = (cause ?? {}) as Partial<Error>;
    super(
      `SES did not take the message: ${name}: ${message}${Object.hasOwn(HINTS, name) ? ` (${HINTS[name]})` : ''}`,
      {
        cause,
      },
    );
    this.sesError = name;
  }
}

/**
 * Nobody can tell whether SES took the message: the connection broke after the request had gone out. It is
 * never repeated by this module, for SES would send it twice. Ask the recipient's side, or `Send` feedback.
 */
export class SendOutcomeUnknownError extends SesReputationError {
  readonly code = 'SES_SEND_OUTCOME_UNKNOWN';

  constructor(why: string, options?: { cause?: unknown }) {
    super(`${why}: the mail may have been sent or not. Sending it again may deliver it twice`, options);
  }
}
