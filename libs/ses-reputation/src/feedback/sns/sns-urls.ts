import type { ConfirmationEnvelope, SnsEnvelope } from './envelope.js';
import { snsHostOf } from './topic-arn.js';

const CERTIFICATE_PATH = /^SimpleNotificationService-[0-9a-fA-F]{1,64}\.pem$/;

/**
 * Whether the certificate comes from Amazon's SNS host of the topic's own region. Whoever may choose the host
 * may choose the key, so the text itself is compared: no parser's leniency is left to play with.
 */
export function isCertificateUrl({
  SigningCertURL,
  topic,
}: Pick<SnsEnvelope, 'SigningCertURL' | 'topic'>): boolean {
  const base = `https://${snsHostOf(topic)}/`;
  return SigningCertURL.startsWith(base) && CERTIFICATE_PATH.test(SigningCertURL.slice(base.length));
}

/**
 * Whether visiting the URL confirms this topic with this token and can do nothing else. A signature alone does
 * not say so: anyone may have SNS sign a message of theirs for a topic of theirs.
 */
export function isSubscribeUrl(
  envelope: Pick<ConfirmationEnvelope, 'SubscribeURL' | 'TopicArn' | 'Token' | 'topic'>,
): boolean {
  const { SubscribeURL: url, TopicArn, Token, topic } = envelope;
  const base = `https://${snsHostOf(topic)}/?`;
  if (!url.startsWith(base) || url.includes('#') || !isWrittenPlainly(url)) return false;
  const query = url.slice(base.length);
  const given = new URLSearchParams(query);
  return (
    // Empty parts, which a parser drops, count too.
    query.split('&').length === 3 &&
    given.get('Action') === 'ConfirmSubscription' &&
    given.get('TopicArn') === TopicArn &&
    given.get('Token') === Token
  );
}

/** No tabs, line breaks, backslashes or anything else that a URL parser would drop or turn into something else. */
function isWrittenPlainly(url: string): boolean {
  return URL.canParse(url) && new URL(url).href === url;
}
