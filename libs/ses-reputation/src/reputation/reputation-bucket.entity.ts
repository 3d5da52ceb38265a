import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/** What a bucket counts. All by recipient. */
export const COUNTERS = [
  'sent',
  'unaccounted',
  'excluded',
  'hardBounces',
  'softBounces',
  'complaints',
  'deliveries',
  'delays',
  'rejects',
  'renderingFailures',
  'opens',
  'clicks',
] as const;

export type Counter = (typeof COUNTERS)[number];

/**
 * Counts of the mail sent in one stretch of time, for the account, one stream or one recipient domain.
 * Buckets of different width may cover the same time; they add up.
 */
@Entity('ses_reputation_bucket')
@Index('ix_ses_reputation_bucket_start', ['minutes', 'start'])
export class ReputationBucket {
  /** `account`, `stream:<name>` or `domain:<domain>`. */
  @PrimaryColumn('varchar', { length: 264 })
  dimension!: string;

  @PrimaryColumn('bigint', { transformer: epochMillis })
  start!: Date;

  /** Width in minutes: 1, 60 or 1440. */
  @PrimaryColumn('int')
  minutes!: number;

  /** Recipients mailed: by this mailer, or by other mail on the account as its `Send` events tell. */
  @Column('int', { default: 0 })
  sent!: number;

  /** Of `sent`, those without a tag of any `SesReputationModule`. */
  @Column('int', { default: 0 })
  unaccounted!: number;

  /** Of `sent`, those that SES kept back by the account's own suppression list: they leave the volume. */
  @Column('int', { default: 0 })
  excluded!: number;

  @Column('int', { name: 'hard_bounces', default: 0 })
  hardBounces!: number;

  @Column('int', { name: 'soft_bounces', default: 0 })
  softBounces!: number;

  @Column('int', { default: 0 })
  complaints!: number;

  @Column('int', { default: 0 })
  deliveries!: number;

  @Column('int', { default: 0 })
  delays!: number;

  @Column('int', { default: 0 })
  rejects!: number;

  @Column('int', { name: 'rendering_failures', default: 0 })
  renderingFailures!: number;

  @Column('int', { default: 0 })
  opens!: number;

  @Column('int', { default: 0 })
  clicks!: number;
}
