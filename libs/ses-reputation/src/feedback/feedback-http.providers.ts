import type { Provider } from '@nestjs/common';
import { DEFAULT_FEEDBACK_LIMITS, FEEDBACK_LIMITS } from './feedback-limits.js';
import { FeedbackRoute } from './feedback-route.js';
import { PostedFeedback } from './posted-feedback.js';
import { Certificates } from './sns/certificates.js';
import { SubscriptionConfirmer } from './sns/confirm-subscription.js';
import { SnsReceiver } from './sns/sns-receiver.js';
import { EnvelopeVerifier } from './sns/verify-envelope.js';

/** What the feedback controller needs. */
export const FEEDBACK_HTTP_PROVIDERS: Provider[] = [
  { provide: FEEDBACK_LIMITS, useValue: DEFAULT_FEEDBACK_LIMITS },
  FeedbackRoute,
  Certificates,
  SubscriptionConfirmer,
  EnvelopeVerifier,
  PostedFeedback,
  SnsReceiver,
];
