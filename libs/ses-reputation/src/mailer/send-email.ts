import { setTimeout as sleep } from 'node:timers/promises';
import type { SESv2Client, SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { describeError } from '../describe-error.js';
import type { SesReputationError } from '../errors.js';
import type { Turns } from '../rate/send-rate.js';
import { TurnRefusedError } from '../rate/turn-refused.error.js';
import { classifySendError, type SendErrorKind } from '../ses/classify-send-error.js';
import { sendOnce } from '../ses/send-once.js';
import { backOffMs } from './back-off.js';
import {
  SendCancelledError,
  SendingDisabledError,
  SendOutcomeUnknownError,
  SendQuotaExceededError,
  SendRejectedError,
  SendThrottledError,
  SesUnavailableError,
} from './errors.js';

/** Attempts in all, for what may be repeated without sending twice. Anything else gets one. */
export const ATTEMPTS: Partial<Record<SendErrorKind, number>> = { rate: 10, unavailable: 5, clock: 2 };

/**
 * Hands a message to SES, and again where surely nothing was sent and a later attempt may succeed.
 *
 * @param closing ends the waiting between attempts, as the application does
 * @param turns when SES may be asked: a message that waits holds no more than the request
 * @param again called when it has its turn: may still change the request, or throw
 * @returns SES's message id
 * @throws one of the errors of ./errors.ts, with SES's error as `cause`
 */
export async function sendEmail(
  client: SESv2Client,
  request: SendEmailCommandInput,
  closing: AbortSignal,
  turns: Turns,
  again: () => Promise<void> | undefined,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    await takeTurn(turns, attempt - 1, closing);
    await again();
    const result = await sendOnce(client, request);
    if ('messageId' in result) return result.messageId ?? lostMessageId();
    const kind = classifySendError(result.error, result.handedOver);
    if (kind === 'rate') turns.throttled();
    if (kind === 'quota') turns.quotaUsedUp();
    if (attempt >= (ATTEMPTS[kind] ?? 1) || !(await waited(backOffMs(attempt), closing))) {
      throw toSendError(kind, attempt, result.error);
    }
  }
}

/**
 * Waits until SES may be asked.
 *
 * @param attempts that were made before
 */
export async function takeTurn(turns: Turns, attempts: number, signal: AbortSignal): Promise<void> {
  try {
    await turns.next(signal);
  } catch (error) {
    if (!(error instanceof TurnRefusedError)) throw error;
    const { refusal } = error;
    if (refusal === 'quota') throw new SendQuotaExceededError(error);
    if (refusal === 'closing')
      throw new SendCancelledError('the application began to close', { cause: error });
    if (refusal === 'cancelled') throw new SendCancelledError('sending was stopped', { cause: error });
    throw new SendThrottledError(attempts, error);
  }
}

function lostMessageId(): never {
  throw new SendOutcomeUnknownError('SES answered without a message id');
}

export async function waited(ms: number, closing: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal: closing }).catch(() => false);
}

export function toSendError(kind: SendErrorKind, attempts: number, cause: unknown): SesReputationError {
  switch (kind) {
    case 'rate':
      return new SendThrottledError(attempts, cause);
    case 'quota':
      return new SendQuotaExceededError(cause);
    case 'unavailable':
      return new SesUnavailableError(attempts, cause);
    case 'disabled':
      return new SendingDisabledError(cause);
    case 'clock':
    case 'rejected':
      return new SendRejectedError(cause);
    case 'unknown':
      return new SendOutcomeUnknownError(`SES did not answer (${describeError(cause)})`, { cause });
  }
}
