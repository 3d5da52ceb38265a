import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/**
 * What has been counted already: one row a fact ("this delivery", "this message bounced hard for this
 * recipient"), so that no repetition by any door counts twice. Kept for 15 days: an SQS queue keeps a message
 * for 14 at most.
 */
@Entity('ses_seen_feedback')
@Index('ix_ses_seen_feedback_key', ['key', 'sentAt'])
@Index('ix_ses_seen_feedback_seen', ['seenAt'])
export class SeenFeedback {
  @PrimaryColumn('varchar', { length: 32 })
  id!: string;

  /**
   * The recipient's look-up key, of deliveries only, since a delivery ends a run of soft bounces; and of the rows
   * by which such runs are locked.
   */
  @Column('varchar', { length: 320, nullable: true })
  key!: string | null;

  /** Deliveries only: when their mail was sent. */
  @Column('bigint', { name: 'sent_at', nullable: true, transformer: epochMillis })
  sentAt!: Date | null;

  @Column('bigint', { name: 'seen_at', transformer: epochMillis })
  seenAt!: Date;
}
