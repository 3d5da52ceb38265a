import { createSign } from 'node:crypto';
import { SIGNING_PRIVATE_KEY } from './signing-key.js';

export type SignatureVersion = '1' | '2';

/** A message attribute as the envelope carries it. `Value` of a `Binary` attribute is base64. */
export interface MessageAttribute {
  Type: string;
  Value: string;
}

interface EnvelopeFields {
  MessageId: string;
  TopicArn: string;
  Message: string;
  /** ISO 8601 with milliseconds, UTC. */
  Timestamp: string;
  SignatureVersion: SignatureVersion;
  SigningCertURL: string;
}

export interface UnsignedNotification extends EnvelopeFields {
  Type: 'Notification';
  Subject?: string;
  UnsubscribeURL: string;
  /** Not part of what is signed. */
  MessageAttributes?: Record<string, MessageAttribute>;
}

export interface UnsignedConfirmation extends EnvelopeFields {
  Type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  Token: string;
  SubscribeURL: string;
}

export type UnsignedEnvelope = UnsignedNotification | UnsignedConfirmation;

/** What SNS posts to an HTTP endpoint. */
export type SnsEnvelope = UnsignedEnvelope & { Signature: string };

const SIGNED_IN_NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const SIGNED_IN_CONFIRMATION = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
];

const ORDER_ON_THE_WIRE = [
  'Type',
  'MessageId',
  'Token',
  'TopicArn',
  'Subject',
  'Message',
  'SubscribeURL',
  'Timestamp',
  'SignatureVersion',
  'Signature',
  'SigningCertURL',
  'UnsubscribeURL',
  'MessageAttributes',
];

/**
 * The text that SNS signs: the signed fields in alphabetical order, name and value on a line each; a Subject
 * only if there is one.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export function canonicalString(envelope: UnsignedEnvelope): string {
  const fields = envelope as unknown as Record<string, unknown>;
  const signed = envelope.Type === 'Notification' ? SIGNED_IN_NOTIFICATION : SIGNED_IN_CONFIRMATION;
  return signed
    .filter((name) => fields[name] !== undefined)
    .map((name) => `${name}\n${String(fields[name])}\n`)
    .join('');
}

/**
 * Adds the signature that the envelope's `SignatureVersion` asks for (1: SHA1, 2: SHA256; RSA PKCS#1 v1.5).
 * With another `privateKey` (PEM) a test forges a message.
 */
export function signEnvelope<E extends UnsignedEnvelope>(
  unsigned: E,
  options: { privateKey?: string } = {},
): E & { Signature: string } {
  const sign = createSign(unsigned.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1');
  sign.update(canonicalString(unsigned), 'utf8');
  return { ...unsigned, Signature: sign.sign(options.privateKey ?? SIGNING_PRIVATE_KEY, 'base64') };
}

/** The envelope as SNS writes it: its order of fields, a field on a line, a blank on both sides of the colon. */
export function serializeEnvelope(envelope: SnsEnvelope): string {
  const fields = envelope as unknown as Record<string, unknown>;
  const lines = ORDER_ON_THE_WIRE.filter((name) => fields[name] !== undefined).map(
    (name) => `  ${JSON.stringify(name)} : ${JSON.stringify(fields[name])}`,
  );
  return `{\n${lines.join(',\n')}\n}`;
}
