import { verify, X509Certificate } from 'node:crypto';
import { Clock } from '../libs/ses-reputation/src/clock.js';
import { DEFAULT_FEEDBACK_LIMITS } from '../libs/ses-reputation/src/feedback/feedback-limits.js';
import { canonicalString } from '../libs/ses-reputation/src/feedback/sns/canonical-string.js';
import { Certificates } from '../libs/ses-reputation/src/feedback/sns/certificates.js';
import { parseEnvelope } from '../libs/ses-reputation/src/feedback/sns/envelope.js';
import { EnvelopeVerifier } from '../libs/ses-reputation/src/feedback/sns/verify-envelope.js';
import { resolveOptions } from '../libs/ses-reputation/src/options/resolve-options.js';
import { SIGNING_CERTIFICATE } from '../libs/ses-reputation/src/testing/sns/signing-key.js';
import type { Compare } from './harness/compare.js';
import { perSecond } from './harness/timing.js';
import { serveCertificate, validateWithSnsValidator } from './peers/sns-validator.js';
import { benchOptions } from './support/app.js';
import { list, signedBounce } from './support/bounces.js';

const MESSAGES = 500;
const TIMES = 10;

/** From the text that was posted to an envelope that is believed. */
export async function validate(compare: Compare): Promise<void> {
  serveCertificate();
  const options = resolveOptions(benchOptions());
  const clock = new Clock();
  const verifier = new EnvelopeVerifier(
    options,
    new Certificates(options, DEFAULT_FEEDBACK_LIMITS, clock),
    clock,
  );
  const key = new X509Certificate(SIGNING_CERTIFICATE).publicKey;
  const messages = list(MESSAGES, signedBounce).map((text) => {
    const envelope = parseEnvelope(text);
    return {
      text,
      signed: Buffer.from(canonicalString(envelope)),
      signature: Buffer.from(envelope.Signature, 'base64'),
    };
  });
  const work = list(MESSAGES * TIMES, (i) => messages[i % MESSAGES]!);

  await compare({
    title: 'validate: a signed SNS message',
    unit: 'messages/s',
    better: 'more',
    contenders: [
      {
        name: 'nestjs-ses-reputation',
        role: 'ours',
        measure: () => perSecond(work, 1, async ({ text }) => verifier.verify(parseEnvelope(text))),
      },
      {
        name: 'sns-validator',
        role: 'peer',
        measure: () => perSecond(work, 1, ({ text }) => validateWithSnsValidator(text)),
      },
      {
        name: 'JSON.parse + crypto.verify',
        role: 'limit',
        measure: () =>
          perSecond(work, 1, async ({ text, signed, signature }) => {
            JSON.parse(text);
            if (!verify('RSA-SHA1', signed, key, signature)) throw new Error('not signed');
          }),
      },
    ],
  });
}
