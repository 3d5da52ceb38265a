import { X509Certificate, type KeyObject } from 'node:crypto';
import { FeedbackRefusedError } from '../feedback-refused.js';

const LEAST_BITS = 2_048;

/** A certificate of Amazon's with what is asked of it. Times in milliseconds since the epoch. */
export interface SigningCertificate {
  key: KeyObject;
  validFrom: number;
  validTo: number;
}

/**
 * Reads the PEM that Amazon's host gave.
 *
 * @throws FeedbackRefusedError 503 if it is no certificate, 403 if its key is too weak to be believed
 */
export function readSigningCertificate(pem: Buffer): SigningCertificate {
  const certificate = parse(pem);
  const key = certificate.publicKey;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < LEAST_BITS)
    throw new FeedbackRefusedError(
      403,
      `the signing certificate has no RSA key of ${LEAST_BITS} bits or more`,
    );
  return { key, validFrom: Date.parse(certificate.validFrom), validTo: Date.parse(certificate.validTo) };
}

function parse(pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new FeedbackRefusedError(503, 'what SigningCertURL serves is not a certificate', { cause: error });
  }
}

/** @throws FeedbackRefusedError 403 outside the certificate's own dates */
export function assertValidAt({ validFrom, validTo }: SigningCertificate, now: number): void {
  if (now < validFrom) throw new FeedbackRefusedError(403, 'the signing certificate is not valid yet');
  if (now > validTo) throw new FeedbackRefusedError(403, 'the signing certificate has expired');
}
