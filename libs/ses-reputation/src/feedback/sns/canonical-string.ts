import type { SnsEnvelope } from './envelope.js';

/**
 * The text that SNS signs: name and value of the signed fields, a line each, in alphabetical order.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export function canonicalString(envelope: SnsEnvelope): string {
  return signedFields(envelope)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join('');
}

function signedFields(envelope: SnsEnvelope): [name: string, value: string][] {
  const { Message, MessageId, Timestamp, TopicArn, Type } = envelope;
  const message: [string, string][] = [
    ['Message', Message],
    ['MessageId', MessageId],
  ];
  if (envelope.Type === 'Notification') {
    const subject: [string, string][] = envelope.Subject === undefined ? [] : [['Subject', envelope.Subject]];
    return [...message, ...subject, ['Timestamp', Timestamp], ['TopicArn', TopicArn], ['Type', Type]];
  }
  return [
    ...message,
    ['SubscribeURL', envelope.SubscribeURL],
    ['Timestamp', Timestamp],
    ['Token', envelope.Token],
    ['TopicArn', TopicArn],
    ['Type', Type],
  ];
}
