import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/** SES's event types in our spelling; `unknown` keeps what SES may add, or what can't be read. */
export const FEEDBACK_TYPES = [
  'bounce',
  'complaint',
  'delivery',
  'send',
  'reject',
  'open',
  'click',
  'rendering-failure',
  'delay',
  'subscription',
  'unknown',
] as const;

export type FeedbackType = (typeof FEEDBACK_TYPES)[number];

/** What one SES event said of one recipient. */
@Entity('ses_feedback_event')
@Index('ix_ses_feedback_event_key', ['key', 'at'])
@Index('ix_ses_feedback_event_received', ['receivedAt'])
export class FeedbackEvent {
  /** Made from the event's meaning: the same feedback by any door, any number of times, has the same id. */
  @PrimaryColumn('varchar', { length: 32 })
  id!: string;

  @Column('varchar', { length: 24 })
  type!: FeedbackType;

  /** What was made of it, e.g. `hard`, `soft`, `auto-reply`, `blocked`, `listed`, `not-spam`; `null` if nothing. */
  @Column('varchar', { length: 24, nullable: true })
  category!: string | null;

  /** As SES wrote it; `null` where the event names no recipient, or one who was erased. */
  @Column('varchar', { length: 320, nullable: true })
  address!: string | null;

  /** Look-up key of `address`; `null` if it can't be read. Of one who was erased, the key that stands for it. */
  @Column('varchar', { length: 320, nullable: true })
  key!: string | null;

  @Column('varchar', { name: 'message_id', length: 255, nullable: true })
  messageId!: string | null;

  @Column('varchar', { name: 'feedback_id', length: 255, nullable: true })
  feedbackId!: string | null;

  @Column('varchar', { length: 64, nullable: true })
  stream!: string | null;

  /** When it happened, by the event's own word. */
  @Column('bigint', { transformer: epochMillis })
  at!: Date;

  /** When the mail it belongs to was sent (`mail.timestamp`). */
  @Column('bigint', { name: 'sent_at', nullable: true, transformer: epochMillis })
  sentAt!: Date | null;

  @Column('bigint', { name: 'received_at', transformer: epochMillis })
  receivedAt!: Date;

  /** The door it came by: `http`, or what the caller of `ingest` said. */
  @Column('varchar', { length: 32 })
  source!: string;

  /** `bounceType/bounceSubType`, complaintFeedbackType or delayType, as SES wrote it. */
  @Column('varchar', { name: 'sub_type', length: 128, nullable: true })
  subType!: string | null;

  /** Enhanced status code (RFC 3463) of a bounce or delay. */
  @Column('varchar', { length: 32, nullable: true })
  status!: string | null;

  @Column('varchar', { length: 1000, nullable: true })
  diagnostic!: string | null;

  /**
   * The SES event as it came, as JSON text, without those who were erased. Cut at 60,000 bytes, the most that every
   * database's text holds, and from the 51st recipient of an event on at 1,000.
   */
  @Column('text')
  raw!: string;
}
