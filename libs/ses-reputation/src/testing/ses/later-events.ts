import { isObject, TEXT, type Rules, type RulesFor } from '../members-check.js';

/** Who opened a mail or followed a link. */
export interface Visit {
  ipAddress?: string;
  userAgent?: string;
}

/** One delivery delay, in SES's own words. */
export interface DelayDetails {
  /** Default `MailboxFull`. */
  delayType?: string;
  /** Default `4.2.2`. */
  status?: string;
  diagnosticCode?: string;
  /** When SES will give up. Default 12 hours from now. */
  expirationTime?: Date;
}

export const DELAY_RULES: RulesFor<DelayDetails> = {
  delayType: TEXT,
  status: TEXT,
  diagnosticCode: TEXT,
  expirationTime: {
    expected: 'a Date',
    ofType: (value) => value instanceof Date,
    inRange: (at: Date) => !Number.isNaN(at.getTime()),
  },
};

export const VISIT_RULES: RulesFor<Visit> = { ipAddress: TEXT, userAgent: TEXT };

export const CLICK_RULES: Rules = {
  ...VISIT_RULES,
  link: TEXT,
  linkTags: { expected: 'an object of lists of strings', ofType: isObject },
};

const HOURS_12_MS = 12 * 60 * 60 * 1_000;

export function delayBody(recipients: string[], details: DelayDetails, now: number) {
  const { status = '4.2.2', diagnosticCode = 'smtp; 452 4.2.2 mailbox full' } = details;
  return {
    delayType: details.delayType ?? 'MailboxFull',
    delayedRecipients: recipients.map((emailAddress) => ({ emailAddress, status, diagnosticCode })),
    expirationTime: (details.expirationTime ?? new Date(now + HOURS_12_MS)).toISOString(),
    timestamp: new Date(now).toISOString(),
    reportingMTA: 'a8-70.smtp-out.amazonses.com',
  };
}

export function openBody({ ipAddress = '192.0.2.1', userAgent = 'Mozilla/5.0' }: Visit, now: number) {
  return { ipAddress, timestamp: new Date(now).toISOString(), userAgent };
}

export function clickBody(click: Visit & { link: string; linkTags?: Record<string, string[]> }, now: number) {
  return { ...openBody(click, now), link: click.link, linkTags: click.linkTags ?? null };
}
