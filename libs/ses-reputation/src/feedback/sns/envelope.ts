import { FeedbackRefusedError } from '../feedback-refused.js';
import { parseTopicArn, type TopicArn } from './topic-arn.js';

interface EnvelopeFields {
  MessageId: string;
  TopicArn: string;
  Message: string;
  Timestamp: string;
  SignatureVersion: '1' | '2';
  /** Base64. */
  Signature: string;
  SigningCertURL: string;
  /** `TopicArn`, read. */
  topic: TopicArn;
  /** `Timestamp` in milliseconds since the epoch. */
  at: number;
}

export interface NotificationEnvelope extends EnvelopeFields {
  Type: 'Notification';
  /** Signed if present. */
  Subject?: string;
}

export interface ConfirmationEnvelope extends EnvelopeFields {
  Type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  Token: string;
  SubscribeURL: string;
}

/** What SNS posts, not verified yet. */
export type SnsEnvelope = NotificationEnvelope | ConfirmationEnvelope;

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

const RAW_DELIVERY =
  'this looks like raw message delivery, which carries no signature: set RawMessageDelivery to false on the SNS subscription';

/**
 * Reads the body of a post of SNS's: its text, or the object a body parser of the host's has made of it.
 *
 * @param rawDelivery the post has SNS's header for raw delivery; it only decides the reason that is given
 * @throws FeedbackRefusedError 400 with the reason
 * @see https://docs.aws.amazon.com/sns/latest/dg/http-header.html
 */
export function parseEnvelope(body: unknown, { rawDelivery = false } = {}): SnsEnvelope {
  try {
    return readEnvelope(new Fields(typeof body === 'string' ? parseJson(body) : body));
  } catch (error) {
    if (rawDelivery) throw new FeedbackRefusedError(400, RAW_DELIVERY, { cause: error });
    throw error;
  }
}

function readEnvelope(fields: Fields): SnsEnvelope {
  if (!fields.has('Type') && (fields.has('eventType') || fields.has('notificationType')))
    throw malformed(RAW_DELIVERY);
  const Type = fields.text('Type');
  switch (Type) {
    case 'Notification': {
      const envelope: NotificationEnvelope = { Type, ...commonFields(fields) };
      // A Subject of null is none: SNS signs what is there.
      if (fields.has('Subject')) envelope.Subject = fields.text('Subject', { mayBeEmpty: true });
      return envelope;
    }
    case 'SubscriptionConfirmation':
    case 'UnsubscribeConfirmation':
      return {
        Type,
        ...commonFields(fields),
        Token: fields.text('Token'),
        SubscribeURL: fields.text('SubscribeURL'),
      };
    default:
      throw malformed(
        'Type is not one of Notification, SubscriptionConfirmation and UnsubscribeConfirmation',
      );
  }
}

function commonFields(fields: Fields): EnvelopeFields {
  const TopicArn = fields.text('TopicArn');
  const topic = parseTopicArn(TopicArn);
  // Topics are allowed by name, and this is the name of none.
  if (!topic) throw new FeedbackRefusedError(403, 'TopicArn is not the ARN of an SNS topic');
  const Timestamp = fields.text('Timestamp');
  const at = TIMESTAMP.test(Timestamp) ? Date.parse(Timestamp) : Number.NaN;
  if (Number.isNaN(at)) throw malformed('Timestamp is not a date such as 2026-05-02T00:54:06.655Z');
  const SignatureVersion = fields.text('SignatureVersion');
  if (SignatureVersion !== '1' && SignatureVersion !== '2')
    throw malformed('SignatureVersion is neither "1" nor "2"');
  return {
    MessageId: fields.text('MessageId'),
    TopicArn,
    Message: fields.text('Message', { mayBeEmpty: true }),
    Timestamp,
    SignatureVersion,
    Signature: fields.text('Signature'),
    SigningCertURL: fields.text('SigningCertURL'),
    topic,
    at,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    throw new FeedbackRefusedError(400, 'the body is not JSON', { cause: error });
  }
}

/** Reads own fields only: what a body names `__proto__` is a field like any other, and is not asked for. */
class Fields {
  private readonly values: Record<string, unknown>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw malformed('the body is not an SNS envelope, which is a JSON object');
    this.values = value as Record<string, unknown>;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.values, name) && this.values[name] !== null;
  }

  text(name: string, { mayBeEmpty = false } = {}): string {
    if (!this.has(name)) throw malformed(`the body is not an SNS envelope: ${name} is missing`);
    const value = this.values[name];
    if (typeof value !== 'string') throw malformed(`${name} is not a text`);
    if (value === '' && !mayBeEmpty) throw malformed(`${name} is empty`);
    return value;
  }
}

function malformed(reason: string): FeedbackRefusedError {
  return new FeedbackRefusedError(400, reason);
}
