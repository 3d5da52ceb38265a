import { verify, type KeyObject } from 'node:crypto';
import { canonicalString } from './canonical-string.js';
import type { SnsEnvelope } from './envelope.js';

const DIGEST = { '1': 'RSA-SHA1', '2': 'RSA-SHA256' } as const;

/** RSA PKCS#1 v1.5 over the canonical string; SHA1 in version 1, which is SNS's default, SHA256 in version 2. */
export function isSignedBy(key: KeyObject, envelope: SnsEnvelope): boolean {
  const signed = Buffer.from(canonicalString(envelope), 'utf8');
  return verify(DIGEST[envelope.SignatureVersion], signed, key, Buffer.from(envelope.Signature, 'base64'));
}
