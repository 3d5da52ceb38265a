/** `bounceType` and `bounceSubType` as SES writes them. */
export type BounceType = 'Permanent' | 'Transient' | 'Undetermined';

/** One bounce, in SES's own words. */
export interface BounceDetails {
  /** Default `Permanent`. */
  bounceType?: BounceType;
  /** Short for `bounceType`. */
  type?: BounceType;
  /** Default `General`, of an undetermined bounce `Undetermined`. */
  bounceSubType?: string;
  /** Short for `bounceSubType`. */
  subType?: string;
  /**
   * Enhanced status such as `5.1.1`; null leaves it out, as auto-replies do. Default: the one that a given
   * `diagnosticCode` names, none if it names none, and without a `diagnosticCode` one that fits the type.
   */
  status?: string | null;
  /**
   * What the receiving server said; null leaves it out. Default one that fits the type, and none beside a
   * `status` that would contradict it.
   */
  diagnosticCode?: string | null;
  /** Default `failed`; null leaves it out. */
  action?: string | null;
}

export interface ComplaintDetails {
  /** `abuse` (default), `auth-failure`, `fraud`, `not-spam`, `other`, `virus`; null leaves it out. */
  complaintFeedbackType?: string | null;
  /** Short for `complaintFeedbackType`. */
  type?: string | null;
  /** Default null. */
  complaintSubType?: string | null;
  /** Short for `complaintSubType`. */
  subType?: string | null;
  userAgent?: string;
  /** When the complaint arrived at the provider. Default: the time of the event. */
  arrivalDate?: string;
}

const PERMANENT = { status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 user unknown' };
const MAILBOX_FULL = { status: '4.2.2', diagnosticCode: 'smtp; 452 4.2.2 mailbox full' };
const TRANSIENT = { status: '4.4.7', diagnosticCode: 'smtp; 421 4.4.7 message expired' };
const UNDETERMINED = { status: '5.0.0', diagnosticCode: 'smtp; 554 5.0.0 delivery failed' };

/** Addresses that the account's own list holds back, whatever put them there. */
export const ON_ACCOUNT_LIST: BounceDetails = {
  bounceSubType: 'OnAccountSuppressionList',
  status: '5.1.1',
  diagnosticCode:
    'Amazon SES did not send the message to this address because it is on the suppression list for your account.',
};

/** Addresses that the list of all of SES's customers holds back. */
export const ON_GLOBAL_LIST: BounceDetails = {
  bounceSubType: 'Suppressed',
  status: '5.1.1',
  diagnosticCode:
    'Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.',
};

/** An out-of-office reply comes as a transient bounce that says neither status nor diagnostic code. */
export const AUTO_REPLY: BounceDetails = {
  bounceType: 'Transient',
  bounceSubType: 'General',
  status: null,
  diagnosticCode: null,
  action: null,
};

export const MAILBOX_FULL_BOUNCE: BounceDetails = { bounceType: 'Transient', bounceSubType: 'MailboxFull' };

export function bounceBody(recipients: string[], details: BounceDetails, feedbackId: string, at: string) {
  const { bounceType = 'Permanent' } = details;
  const bounceSubType = details.bounceSubType ?? (bounceType === 'Undetermined' ? 'Undetermined' : 'General');
  const recipient = present({
    action: orDefault(details.action, 'failed'),
    ...failureOf(details, usualFailure(bounceType, bounceSubType)),
  });
  return {
    feedbackId,
    bounceType,
    bounceSubType,
    bouncedRecipients: recipients.map((emailAddress) => ({ emailAddress, ...recipient })),
    timestamp: at,
    reportingMTA: 'dns; amazonses.com',
  };
}

export function complaintBody(
  recipients: string[],
  details: ComplaintDetails,
  feedbackId: string,
  at: string,
) {
  return {
    feedbackId,
    complaintSubType: details.complaintSubType ?? null,
    complainedRecipients: recipients.map((emailAddress) => ({ emailAddress })),
    timestamp: at,
    userAgent: details.userAgent ?? 'Amazon SES Mailbox Simulator',
    ...present({ complaintFeedbackType: orDefault(details.complaintFeedbackType, 'abuse') }),
    arrivalDate: details.arrivalDate ?? at,
  };
}

export function deliveryBody(recipients: string[], at: string, processingTimeMillis: number) {
  return {
    timestamp: at,
    processingTimeMillis,
    recipients,
    smtpResponse: '250 2.0.0 OK',
    reportingMTA: 'a8-70.smtp-out.amazonses.com',
    remoteMtaIp: '127.0.0.1',
  };
}

/** Status and diagnostic that agree with each other, whichever was given. */
function failureOf(
  { status, diagnosticCode }: BounceDetails,
  usual: Record<'status' | 'diagnosticCode', string>,
): Record<'status' | 'diagnosticCode', string | null> {
  if (diagnosticCode !== undefined)
    return { status: orDefault(status, enhancedStatusIn(diagnosticCode ?? '')), diagnosticCode };
  const contradicts = typeof status === 'string' && status !== usual.status;
  return {
    status: orDefault(status, usual.status),
    diagnosticCode: contradicts ? null : usual.diagnosticCode,
  };
}

/** RFC 3463: `5.7.1` in `smtp; 554 5.7.1 blocked`; no part of an IP address or of a version. */
function enhancedStatusIn(diagnosticCode: string): string | null {
  return /(?<![\w.])[245]\.\d{1,3}\.\d{1,3}(?!\w|\.\w)/.exec(diagnosticCode)?.[0] ?? null;
}

function usualFailure(type: BounceType, subType: string) {
  if (type === 'Permanent') return PERMANENT;
  if (type === 'Undetermined') return UNDETERMINED;
  return subType === 'MailboxFull' ? MAILBOX_FULL : TRANSIENT;
}

function orDefault(given: string | null | undefined, usual: string | null): string | null {
  return given === undefined ? usual : given;
}

function present(members: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}
