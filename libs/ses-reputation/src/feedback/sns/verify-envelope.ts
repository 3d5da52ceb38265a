import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { SES_OPTIONS, type ResolvedOptions } from '../../options/ses-reputation-options.js';
import { FeedbackRefusedError } from '../feedback-refused.js';
import { Certificates } from './certificates.js';
import type { SnsEnvelope } from './envelope.js';
import { staleness } from './freshness.js';
import { isSignedBy } from './signature.js';
import { isCertificateUrl, isSubscribeUrl } from './sns-urls.js';

/** Tells what Amazon SNS sent for a topic of ours from what anyone may post. */
@Injectable()
export class EnvelopeVerifier {
  constructor(
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    private readonly certificates: Certificates,
    private readonly clock: Clock,
  ) {}

  /**
   * What costs nothing is asked first: a stranger's message never causes a request.
   *
   * @throws FeedbackRefusedError 403 if the envelope is not to be believed, 503 if that can't be told now
   */
  async verify(envelope: SnsEnvelope): Promise<void> {
    if (!this.options.feedback.topicArns.includes(envelope.TopicArn))
      throw distrust(`the topic ${envelope.TopicArn} is not among feedback.topicArns`);
    const stale = staleness(envelope.at, this.clock.now());
    if (stale) throw distrust(stale);
    if (!isCertificateUrl(envelope))
      throw distrust("SigningCertURL is not a certificate of Amazon's SNS in the topic's region");
    if (envelope.Type !== 'Notification' && !isSubscribeUrl(envelope))
      throw distrust("SubscribeURL does not confirm this topic with this token at Amazon's SNS");
    const { key } = await this.certificates.get(envelope.SigningCertURL);
    if (!isSignedBy(key, envelope)) throw distrust('the signature does not belong to the message');
  }
}

function distrust(reason: string): FeedbackRefusedError {
  return new FeedbackRefusedError(403, reason);
}
