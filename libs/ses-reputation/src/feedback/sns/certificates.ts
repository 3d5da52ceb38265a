import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { SES_OPTIONS, type ResolvedOptions } from '../../options/ses-reputation-options.js';
import { BoundedMap } from '../bounded-map.js';
import { FEEDBACK_LIMITS, type FeedbackLimits } from '../feedback-limits.js';
import { fetchFromSns } from './fetch-from-sns.js';
import { FetchLine } from './fetch-line.js';
import { assertValidAt, readSigningCertificate, type SigningCertificate } from './signing-certificate.js';

const KEPT_CERTIFICATES = 32;
const KEPT_FAILURES = 1_000;
/** Below the 20 s after which SNS tries again. */
const FAILURE_MS = 5_000;

interface Failure {
  error: unknown;
  at: number;
}

/** Amazon's signing certificates, by URL. The URL must have passed the rules of sns-urls.ts. */
@Injectable()
export class Certificates {
  private readonly kept = new BoundedMap<string, SigningCertificate>(KEPT_CERTIFICATES);
  private readonly failures = new BoundedMap<string, Failure>(KEPT_FAILURES);
  private readonly fetches = new Map<string, Promise<SigningCertificate>>();
  private readonly line: FetchLine;

  constructor(
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(FEEDBACK_LIMITS) private readonly limits: FeedbackLimits,
    private readonly clock: Clock,
  ) {
    this.line = new FetchLine(limits.fetchMs);
  }

  /**
   * @throws FeedbackRefusedError 503 if it can't be had, 403 if it is outside its dates or weaker than RSA of
   * 2048 bits
   */
  async get(url: string): Promise<SigningCertificate> {
    const kept = this.kept.get(url);
    if (kept && this.clock.now() <= kept.validTo) {
      assertValidAt(kept, this.clock.now());
      return kept;
    }
    const failure = this.failures.get(url);
    if (failure && Math.abs(this.clock.now() - failure.at) < FAILURE_MS) throw failure.error;
    return this.fetches.get(url) ?? this.startFetch(url);
  }

  private startFetch(url: string): Promise<SigningCertificate> {
    const fetching = this.line.run(url, () => this.fetch(url)).finally(() => this.fetches.delete(url));
    this.fetches.set(url, fetching);
    return fetching;
  }

  private async fetch(url: string): Promise<SigningCertificate> {
    try {
      const pem = await fetchFromSns(this.options.feedback.fetch, url, this.limits.fetchMs);
      const certificate = readSigningCertificate(pem);
      assertValidAt(certificate, this.clock.now());
      this.kept.set(url, certificate);
      return certificate;
    } catch (error) {
      this.failures.set(url, { error, at: this.clock.now() });
      throw error;
    }
  }
}
