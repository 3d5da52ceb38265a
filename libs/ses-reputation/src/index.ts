export { SesReputationModule } from './ses-reputation.module.js';
export type { SesReputationOptionsFactory } from './ses-reputation.module-definition.js';
export type {
  FeedbackFetch,
  FeedbackOptions,
  LevelLimits,
  OnSuppressed,
  ReputationOptions,
  SesReputationOptions,
  SesReputationStructure,
  StreamOptions,
  StreamPriority,
  SuppressionOptions,
} from './options/ses-reputation-options.js';

export { MailerService } from './mailer/mailer.service.js';
export { SuppressionService } from './suppression/suppression.service.js';
export { FeedbackService } from './feedback/feedback.service.js';
export { ReputationService } from './reputation/reputation.service.js';
export type { ReputationReport } from './reputation/report.js';

export { SES_REPUTATION_ENTITIES } from './entities.js';
export { EVERY_STREAM, SuppressedAddress } from './suppression/suppressed-address.entity.js';
export { SuppressionHistory, type SuppressionAction } from './suppression/suppression-history.entity.js';
export { SUPPRESSION_REASONS, type SuppressionReason } from './suppression/suppression-reason.js';
export { FeedbackEvent, type FeedbackType } from './feedback/feedback-event.entity.js';
export { ReputationBucket } from './reputation/reputation-bucket.entity.js';
export { REPUTATION_LEVELS, type ReputationLevel } from './reputation/levels.js';

export { OnSesEvent } from './events/on-ses-event.decorator.js';
export type * from './events/ses-events.js';

export { addressKey } from './address/address-key.js';
export { Clock } from './clock.js';
export {
  InvalidAddressError,
  SesReputationConfigError,
  SesReputationError,
  StoreUnavailableError,
} from './errors.js';
