import type { BulkEmailEntryResult } from '@aws-sdk/client-sesv2';
import type { SendErrorKind } from '../../ses/classify-send-error.js';

/** What SES said of one entry: its message id, or why it has none. */
export type EntryAnswer = { messageId: string } | { kind: SendErrorKind; cause: unknown };

/**
 * SES API reference, `BulkEmailEntryResult.Status`, and the error by which `SendEmail` says the same, so that
 * callers need not know how their message went.
 */
const REFUSALS: Record<string, { kind: SendErrorKind; name: string }> = {
  ACCOUNT_THROTTLED: { kind: 'rate', name: 'TooManyRequestsException' },
  ACCOUNT_DAILY_QUOTA_EXCEEDED: { kind: 'quota', name: 'TooManyRequestsException' },
  TRANSIENT_FAILURE: { kind: 'unavailable', name: 'TRANSIENT_FAILURE' },
  ACCOUNT_SUSPENDED: { kind: 'disabled', name: 'AccountSuspendedException' },
  ACCOUNT_SENDING_PAUSED: { kind: 'disabled', name: 'SendingPausedException' },
  CONFIGURATION_SET_SENDING_PAUSED: { kind: 'disabled', name: 'SendingPausedException' },
  MESSAGE_REJECTED: { kind: 'rejected', name: 'MessageRejected' },
  MAIL_FROM_DOMAIN_NOT_VERIFIED: { kind: 'rejected', name: 'MailFromDomainNotVerifiedException' },
  CONFIGURATION_SET_NOT_FOUND: { kind: 'rejected', name: 'NotFoundException' },
  TEMPLATE_NOT_FOUND: { kind: 'rejected', name: 'NotFoundException' },
  INVALID_PARAMETER: { kind: 'rejected', name: 'BadRequestException' },
  INVALID_SENDING_POOL_NAME: { kind: 'rejected', name: 'INVALID_SENDING_POOL_NAME' },
  FAILED: { kind: 'rejected', name: 'FAILED' },
};

export function readEntryResult({ Status, MessageId, Error: text }: BulkEmailEntryResult): EntryAnswer {
  if (Status === 'SUCCESS' && MessageId) return { messageId: MessageId };
  const status = Status ?? 'no status';
  const refusal = Object.hasOwn(REFUSALS, status) ? REFUSALS[status] : undefined;
  // A status of which nothing is known may stand for mail that went out.
  if (!refusal) return { kind: 'unknown', cause: new Error(`SES answered ${status} without a message id`) };
  const cause = Object.assign(new Error(text || status), { name: refusal.name, status });
  return { kind: refusal.kind, cause };
}
