/** SES events as they look in the developer guide, of mail that was sent at minute `sent` of 1 March 2026. */
export interface MailGiven {
  messageId?: string;
  sent?: number;
  to?: string[];
  /** `null`: without tags. */
  stream?: string | null;
  app?: string;
}

const START = Date.UTC(2026, 2, 1);

export function minute(n: number): Date {
  return new Date(START + n * 60_000);
}

export function mail({
  messageId = 'm-1',
  sent = 0,
  to = ['ann@example.com'],
  stream = 'newsletter',
  app = 'shop',
}: MailGiven = {}) {
  return {
    timestamp: minute(sent).toISOString(),
    messageId,
    source: 'Shop <no-reply@example.com>',
    sourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com',
    sendingAccountId: '123456789012',
    destination: to,
    ...(stream === null
      ? {}
      : {
          tags: {
            'ses:from-domain': ['example.com'],
            'ses-reputation': [stream],
            'ses-reputation-app': [app],
          },
        }),
  };
}

export interface BounceGiven extends MailGiven {
  type?: string;
  subType?: string;
  bounced?: object[];
  feedbackId?: string | null;
  status?: string;
  diagnosticCode?: string;
}

export function bounce({
  type = 'Permanent',
  subType = 'General',
  feedbackId,
  status,
  diagnosticCode,
  bounced,
  ...given
}: BounceGiven = {}) {
  const { to = ['ann@example.com'], messageId = 'm-1', sent = 0 } = given;
  return {
    eventType: 'Bounce',
    bounce: {
      bounceType: type,
      bounceSubType: subType,
      bouncedRecipients:
        bounced ?? to.map((emailAddress) => ({ emailAddress, action: 'failed', status, diagnosticCode })),
      timestamp: minute(sent + 1).toISOString(),
      ...(feedbackId === null ? {} : { feedbackId: feedbackId ?? `bounce-of-${messageId}` }),
      reportingMTA: 'dsn; mta.example.com',
    },
    mail: mail(given),
  };
}

export function softBounce(given: BounceGiven = {}) {
  return bounce({ type: 'Transient', subType: 'MailboxFull', status: '4.2.2', ...given });
}

export function complaint({
  complained,
  feedbackType = 'abuse',
  subType = null,
  feedbackId = 'complaint-1',
  ...given
}: MailGiven & {
  complained?: string[];
  feedbackType?: string | null;
  subType?: string | null;
  feedbackId?: string | null;
} = {}) {
  const { to = ['ann@example.com'], sent = 0 } = given;
  return {
    eventType: 'Complaint',
    complaint: {
      complainedRecipients: (complained ?? to).map((emailAddress) => ({ emailAddress })),
      timestamp: minute(sent + 2).toISOString(),
      ...(feedbackId === null ? {} : { feedbackId }),
      complaintSubType: subType,
      userAgent: 'Mail/1.0',
      ...(feedbackType === null ? {} : { complaintFeedbackType: feedbackType }),
      arrivalDate: '2026-02-28T19:02:00.000-05:00',
    },
    mail: mail(given),
  };
}

export function delivery(given: MailGiven & { delivered?: string[] } = {}) {
  const { to = ['ann@example.com'], sent = 0, delivered = to } = given;
  return {
    eventType: 'Delivery',
    delivery: {
      timestamp: minute(sent + 1).toISOString(),
      processingTimeMillis: 540,
      recipients: delivered,
      smtpResponse: '250 2.0.0 OK',
      reportingMTA: 'mta.example.com',
    },
    mail: mail(given),
  };
}

export function send(given: MailGiven = {}) {
  return { eventType: 'Send', send: {}, mail: mail(given) };
}

export function reject(given: MailGiven = {}) {
  return { eventType: 'Reject', reject: { reason: 'Bad content' }, mail: mail(given) };
}

export function renderingFailure(given: MailGiven = {}) {
  return {
    eventType: 'Rendering Failure',
    failure: {
      templateName: 'welcome',
      errorMessage: "Attribute 'name' is not present in the rendering data.",
    },
    mail: mail(given),
  };
}

export function delay(given: MailGiven = {}) {
  const { to = ['ann@example.com'], sent = 0 } = given;
  return {
    eventType: 'DeliveryDelay',
    deliveryDelay: {
      delayType: 'TransientCommunicationFailure',
      delayedRecipients: to.map((emailAddress) => ({
        emailAddress,
        status: '4.4.1',
        diagnosticCode: 'smtp; 421 4.4.1 Unable to connect to remote host',
      })),
      expirationTime: minute(sent + 840).toISOString(),
      timestamp: minute(sent + 5).toISOString(),
    },
    mail: mail(given),
  };
}

export function open(given: MailGiven = {}) {
  const { sent = 0 } = given;
  return {
    eventType: 'Open',
    open: { ipAddress: '192.0.2.1', timestamp: minute(sent + 3).toISOString(), userAgent: 'Mail/1.0' },
    mail: mail(given),
  };
}

export function click({ link = 'https://example.com/', ...given }: MailGiven & { link?: string } = {}) {
  const { sent = 0 } = given;
  return {
    eventType: 'Click',
    click: {
      ipAddress: '192.0.2.1',
      timestamp: minute(sent + 4).toISOString(),
      userAgent: 'Browser/1.0',
      link,
      linkTags: null,
    },
    mail: mail(given),
  };
}

export function subscription({
  unsubscribeAll = true,
  ...given
}: MailGiven & { unsubscribeAll?: boolean } = {}) {
  const { sent = 0 } = given;
  return {
    eventType: 'Subscription',
    subscription: {
      contactList: 'customers',
      timestamp: minute(sent + 6).toISOString(),
      source: 'UnsubscribeHeader',
      newTopicPreferences: { unsubscribeAll, topicSubscriptionStatus: [] },
      oldTopicPreferences: { unsubscribeAll: false, topicSubscriptionStatus: [] },
    },
    mail: mail(given),
  };
}

/** The same event as an identity notification tells it. */
export function asNotification({ eventType, ...event }: { eventType: string; mail: object }) {
  return { notificationType: eventType, ...event };
}
