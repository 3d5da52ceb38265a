import 'reflect-metadata';
import { createSign, generateKeyPairSync, randomUUID, webcrypto, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import {
  SIGNING_CERTIFICATE,
  SIGNING_CERTIFICATE_PATH,
  SIGNING_PRIVATE_KEY,
} from '../../libs/ses-reputation/src/testing/sns/signing-key.js';

export const TOPIC_ARN = 'arn:aws:sns:us-east-1:123456789012:ses-feedback';
export const HOST = 'https://sns.us-east-1.amazonaws.com';
export const CERTIFICATE_URL = `${HOST}${SIGNING_CERTIFICATE_PATH}`;

export type Fields = Record<string, unknown>;

const SIGNED = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  other: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

/** A hard bounce as SES publishes it; never the same one twice. */
export function bounce(diagnosticCode = 'smtp; 550 5.1.1 user unknown'): string {
  const timestamp = new Date().toISOString();
  const emailAddress = `${randomUUID()}@example.com`;
  return JSON.stringify({
    eventType: 'Bounce',
    bounce: {
      feedbackId: randomUUID(),
      bounceType: 'Permanent',
      bounceSubType: 'General',
      bouncedRecipients: [{ emailAddress, action: 'failed', status: '5.1.1', diagnosticCode }],
      timestamp,
    },
    mail: {
      timestamp,
      messageId: randomUUID(),
      source: 'no-reply@example.com',
      destination: [emailAddress],
      tags: {},
    },
  });
}

/** A notification that is right in everything but its signature, which {@link sign} adds. */
export function notification(changes: Fields = {}): Fields {
  return {
    Type: 'Notification',
    MessageId: randomUUID(),
    TopicArn: TOPIC_ARN,
    Message: bounce(),
    Timestamp: new Date().toISOString(),
    SignatureVersion: '1',
    SigningCertURL: CERTIFICATE_URL,
    UnsubscribeURL: `${HOST}/?Action=Unsubscribe&SubscriptionArn=${TOPIC_ARN}:1`,
    ...changes,
  };
}

export function confirmation(changes: Fields = {}): Fields {
  const Token = (changes.Token as string | undefined) ?? randomUUID().replaceAll('-', '');
  return {
    Type: 'SubscriptionConfirmation',
    MessageId: randomUUID(),
    Token,
    TopicArn: TOPIC_ARN,
    Message: 'You have chosen to subscribe to the topic.',
    SubscribeURL: subscribeUrl(Token),
    Timestamp: new Date().toISOString(),
    SignatureVersion: '1',
    SigningCertURL: CERTIFICATE_URL,
    ...changes,
  };
}

export function subscribeUrl(token: string, topicArn = TOPIC_ARN): string {
  return `${HOST}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`;
}

/** Signs as SNS does, written down a second time so that the product's own canonical string has a judge. */
export function sign(envelope: Fields, key: KeyObject | string = SIGNING_PRIVATE_KEY): Fields {
  const names = envelope.Type === 'Notification' ? SIGNED.Notification : SIGNED.other;
  const signer = createSign(envelope.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1');
  for (const name of names)
    if (envelope[name] !== undefined) signer.update(`${name}\n${String(envelope[name])}\n`);
  return { ...envelope, Signature: signer.sign(key, 'base64') };
}

export interface ForgedCertificate {
  pem: string;
  key: KeyObject;
}

/** A self-signed certificate with the flaw a test is about. Valid for a day round now unless told otherwise. */
export async function forgeCertificate({
  kind = 'rsa',
  bits = 2_048,
  notBefore = new Date(Date.now() - 43_200_000),
  notAfter = new Date(Date.now() + 43_200_000),
}: {
  kind?: 'rsa' | 'ec';
  bits?: number;
  notBefore?: Date;
  notAfter?: Date;
} = {}): Promise<ForgedCertificate> {
  const pair =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm =
    kind === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
      : { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const { subtle } = webcrypto;
  const keys = {
    privateKey: await subtle.importKey(
      'pkcs8',
      pair.privateKey.export({ type: 'pkcs8', format: 'der' }),
      algorithm,
      true,
      ['sign'],
    ),
    publicKey: await subtle.importKey(
      'spki',
      pair.publicKey.export({ type: 'spki', format: 'der' }),
      algorithm,
      true,
      ['verify'],
    ),
  };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: 'CN=sns.amazonaws.com',
      notBefore,
      notAfter,
      signingAlgorithm: algorithm,
      keys,
    },
    webcrypto as never,
  );
  return { pem: certificate.toString('pem'), key: pair.privateKey };
}

type Answer = (signal: AbortSignal) => Response | Promise<Response>;

/** Amazon's SNS host as `feedback.fetch` meets it: serves the right certificate, confirms, and writes down. */
export class AmazonDouble {
  readonly requests: string[] = [];
  private answers = new Map<string, Answer>();

  /** From now on, this is what the URL answers. */
  serve(url: string, answer: Answer): void {
    this.answers.set(url, answer);
  }

  /** Puts a certificate at a name of its own, which no cache knows yet. */
  publish(pem: string): string {
    const url = freshCertificateUrl();
    this.serve(url, () => new Response(pem));
    return url;
  }

  readonly fetch = async (
    url: string,
    { redirect, signal }: { method: 'GET'; redirect: 'manual'; signal: AbortSignal },
  ): Promise<Response> => {
    if (redirect !== 'manual') throw new Error('a redirect would be followed');
    this.requests.push(url);
    const answer = this.answers.get(url);
    if (answer) return answer(signal);
    if (url === CERTIFICATE_URL) return new Response(SIGNING_CERTIFICATE);
    if (url.startsWith(`${HOST}/?Action=ConfirmSubscription&`))
      return new Response('<ConfirmSubscriptionResponse/>');
    throw new Error(`nothing but Amazon's host may be asked, and it knows no ${url}`);
  };
}

export function freshCertificateUrl(): string {
  return `${HOST}/SimpleNotificationService-${randomUUID().replaceAll('-', '')}.pem`;
}
