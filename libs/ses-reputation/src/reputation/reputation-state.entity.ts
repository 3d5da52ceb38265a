import { Column, Entity, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';
import type { ReputationLevel } from './levels.js';

/** What an application's last check decided: the memory that hysteresis and "once for each crossing" need. */
@Entity('ses_reputation_state')
export class ReputationState {
  /** Of the application. */
  @PrimaryColumn('varchar', { length: 64 })
  name!: string;

  /** Grows with each change: an instance that decided on an older one must decide again. */
  @Column('int', { default: 0 })
  version!: number;

  @Column('varchar', { name: 'bounce_level', length: 8, default: 'healthy' })
  bounceLevel!: ReputationLevel;

  /** The highest limit whose approach was announced, and not left since. */
  @Column('varchar', { name: 'bounce_approach', length: 8, default: 'healthy' })
  bounceApproach!: ReputationLevel;

  @Column('varchar', { name: 'complaint_level', length: 8, default: 'healthy' })
  complaintLevel!: ReputationLevel;

  @Column('varchar', { name: 'complaint_approach', length: 8, default: 'healthy' })
  complaintApproach!: ReputationLevel;

  /** What `GetAccount` last said, as JSON; `null` before the first answer. */
  @Column('text', { nullable: true })
  account!: string | null;

  @Column('bigint', { name: 'updated_at', transformer: epochMillis })
  updatedAt!: Date;
}
