import { randomUUID } from 'node:crypto';
import {
  serializeEnvelope,
  signEnvelope,
  type UnsignedNotification,
} from '../../libs/ses-reputation/src/testing/sns/envelope.js';
import { SIGNING_CERTIFICATE_PATH } from '../../libs/ses-reputation/src/testing/sns/signing-key.js';

export const TOPIC_ARN = 'arn:aws:sns:us-east-1:123456789012:ses-feedback';

const DOMAINS = 200;

/** A hard bounce of an address that never bounced before, as SES publishes it. */
export function hardBounce(): string {
  const id = randomUUID();
  const address = `${id.slice(0, 13)}@mail-${Number.parseInt(id.slice(0, 4), 16) % DOMAINS}.example.com`;
  const at = new Date();
  return JSON.stringify({
    eventType: 'Bounce',
    bounce: {
      bounceType: 'Permanent',
      bounceSubType: 'General',
      bouncedRecipients: [
        {
          emailAddress: address,
          action: 'failed',
          status: '5.1.1',
          diagnosticCode: 'smtp; 550 5.1.1 user unknown',
        },
      ],
      timestamp: at.toISOString(),
      feedbackId: `0100-${id}`,
      reportingMTA: 'dsn; mta.example.com',
    },
    mail: {
      timestamp: new Date(at.getTime() - 2_000).toISOString(),
      messageId: `0101-${id}`,
      source: 'Example <no-reply@example.com>',
      sourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com',
      sendingAccountId: '123456789012',
      destination: [address],
      headersTruncated: false,
      headers: [
        { name: 'From', value: 'Example <no-reply@example.com>' },
        { name: 'To', value: address },
        { name: 'Subject', value: 'News of May' },
        { name: 'MIME-Version', value: '1.0' },
        { name: 'Content-Type', value: 'multipart/alternative; boundary="x"' },
      ],
      commonHeaders: {
        from: ['Example <no-reply@example.com>'],
        to: [address],
        messageId: `0101-${id}`,
        subject: 'News of May',
      },
      tags: {
        'ses:configuration-set': ['main'],
        'ses:from-domain': ['example.com'],
        'ses-reputation': ['transactional'],
        'ses-reputation-app': ['default'],
      },
    },
  });
}

/** A hard bounce in an envelope that SNS signed, as it is posted. Version 1, SNS's default. */
export function signedBounce(): string {
  return serializeEnvelope(signEnvelope(unsigned(hardBounce())));
}

export function list<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index));
}

function unsigned(Message: string): UnsignedNotification {
  return {
    Type: 'Notification',
    MessageId: randomUUID(),
    TopicArn: TOPIC_ARN,
    Message,
    Timestamp: new Date().toISOString(),
    SignatureVersion: '1',
    SigningCertURL: `https://sns.us-east-1.amazonaws.com${SIGNING_CERTIFICATE_PATH}`,
    UnsubscribeURL: 'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe',
  };
}
