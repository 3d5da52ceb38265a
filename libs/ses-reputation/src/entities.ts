import { AccountListEntry } from './account-list/account-list-entry.entity.js';
import { OutboxEvent } from './events/outbox-event.entity.js';
import { FeedbackEvent } from './feedback/feedback-event.entity.js';
import { SeenFeedback } from './feedback/seen-feedback.entity.js';
import { GuardState } from './guard/guard-state.entity.js';
import { Lease } from './leadership/lease.entity.js';
import { IdempotentSend } from './mailer/idempotent-send.entity.js';
import { ReputationBucket } from './reputation/reputation-bucket.entity.js';
import { ReputationDimension } from './reputation/reputation-dimension.entity.js';
import { ReputationState } from './reputation/reputation-state.entity.js';
import { Memory } from './store/memory.entity.js';
import { SuppressedAddress } from './suppression/suppressed-address.entity.js';
import { SuppressionHistory } from './suppression/suppression-history.entity.js';

/**
 * Every entity of this package, for a data source that lists its entities by hand. With
 * `autoLoadEntities: true` nothing needs to be listed.
 */
export const SES_REPUTATION_ENTITIES = [
  SuppressedAddress,
  SuppressionHistory,
  FeedbackEvent,
  SeenFeedback,
  ReputationBucket,
  ReputationState,
  IdempotentSend,
  ReputationDimension,
  OutboxEvent,
  Lease,
  GuardState,
  AccountListEntry,
  Memory,
];
