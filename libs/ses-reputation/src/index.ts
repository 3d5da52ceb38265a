export { SesReputationModule } from './ses-reputation.module.js';
export type { SesReputationOptionsFactory } from './ses-reputation.module-definition.js';
export type {
  AmazonRatesSource,
  FeedbackFetch,
  FeedbackOptions,
  GuardOptions,
  LevelLimits,
  OnSuppressed,
  QueueOptions,
  ReputationOptions,
  SesReputationOptions,
  SesReputationStructure,
  StreamOptions,
  StreamPriority,
  SuppressionOptions,
} from './options/ses-reputation-options.js';

export type { RateOptions, RateRedis } from './options/rate-options.js';

export { MailerService } from './mailer/mailer.service.js';
export { SuppressionService } from './suppression/suppression.service.js';
export { AccountSuppressionSync } from './account-list/account-suppression-sync.js';
export { FeedbackService } from './feedback/feedback.service.js';
export { GuardService, type GuardStreamState } from './guard/guard.service.js';
export { ReputationService } from './reputation/reputation.service.js';

export { SES_REPUTATION_ENTITIES } from './entities.js';
export { EVERY_STREAM, SuppressedAddress } from './suppression/suppressed-address.entity.js';
export { SuppressionHistory, type SuppressionAction } from './suppression/suppression-history.entity.js';
export { SUPPRESSION_REASONS, type SuppressionReason } from './suppression/suppression-reason.js';
export { FeedbackEvent, type FeedbackType } from './feedback/feedback-event.entity.js';
export { ReputationBucket } from './reputation/reputation-bucket.entity.js';
export { REPUTATION_LEVELS, type ReputationLevel } from './reputation/levels.js';

export { OutboxService, type DeadEvent, type DeadEventPage } from './events/outbox.service.js';
export type { OutboxCounts } from './events/outbox-counts.js';
export { OnSesEvent } from './events/on-ses-event.decorator.js';
export type * from './events/ses-events.js';

export type {
  ListHeader,
  MailAddressInput,
  MailAddressObject,
  MailAlternative,
  MailAttachment,
  MailCalendarEvent,
  MailContent,
  MailContentObject,
  MailHeaders,
  MailHeaderValue,
  MailMessage,
} from './mailer/message.js';
export type {
  FailedReceipt,
  MessageSource,
  SendManyOptions,
  SendManyProgress,
  SendManyReceipt,
} from './mailer/send-many/send-many-options.js';
export type { SendReceipt, SendStatus, SuppressedRecipient } from './mailer/send-receipt.js';
export type { SendPause } from './guard/send-pause.js';
export type { PauseOptions, ResumeOptions } from './guard/guard-input.js';
export type { SuppressionFilter } from './suppression/find-suppressed.js';
export type { Suppression } from './suppression/suppression-ledger.js';
export type {
  ExportOptions,
  ListOptions,
  ReleaseOptions,
  SuppressionHistoryItem,
  SuppressionItem,
  SuppressionPage,
  SuppressOptions,
} from './suppression/suppression-options.js';
export type {
  AccountListCounts,
  AccountListPullOptions,
  AccountListPushOptions,
  AccountListResult,
  AccountListRunOptions,
  AccountListStatus,
  AccountListStop,
  RejectedEntry,
} from './account-list/account-list-result.js';
export type { ImportItem, ImportSource } from './suppression/import-records.js';
export type {
  ImportOptions,
  ImportProgress,
  ImportResult,
  RejectedLine,
} from './suppression/suppression-import.js';
export type { IngestOutcome } from './feedback/ingest.js';
export type { AccountReview, AccountStatus } from './reputation/amazon/account-status.js';
export type { AmazonComparison, RateComparison } from './reputation/amazon/amazon-rates.js';
export type { ReputationEntityStatus } from './reputation/amazon/reputation-entities.js';
export type { MetricReport, ReputationReport, WindowReport } from './reputation/report.js';
export type { ForecastEvidence, ReputationForecast, TrendWindow } from './reputation/forecast.js';
export type { RateInterval } from './reputation/wilson.js';
export type { BreakdownQuery, BreakdownRow } from './reputation/breakdown.js';
export type { ReportQuery } from './reputation/report-query.js';

export { addressKey } from './address/address-key.js';
export { Clock } from './clock.js';

export {
  InvalidAddressError,
  SesReputationConfigError,
  SesReputationError,
  StoreUnavailableError,
} from './errors.js';
export {
  MessageInvalidError,
  RecipientsSuppressedError,
  SendCancelledError,
  SendingDisabledError,
  SendOutcomeUnknownError,
  SendQuotaExceededError,
  SendRejectedError,
  SendThrottledError,
  SesUnavailableError,
  SuppressionUnavailableError,
} from './mailer/errors.js';
export {
  EraseKeyMissingError,
  InvalidPageError,
  InvalidTimeError,
  UnknownOptionError,
  UnknownReasonError,
  UnknownScopeError,
} from './suppression/errors.js';
export { CriticalStreamError, GuardOffError, InvalidPauseError, UnknownStreamError } from './guard/errors.js';
export { FeedbackOverloadedError } from './feedback/feedback-overloaded.error.js';
export { InvalidFeedbackError } from './feedback/invalid-feedback.error.js';
export { InvalidOutboxPageError } from './events/invalid-outbox-page.error.js';
export { InvalidReportQueryError } from './reputation/invalid-report-query.error.js';
