import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';
import type { SuppressionReason } from './suppression-reason.js';

export type SuppressionAction = 'added' | 'changed' | 'released' | 'expired' | 'erased';

/** What happened to an address's suppression, when, and by whom. Rows are only ever added. */
@Entity('ses_suppression_history')
@Index('ix_ses_suppression_history_key', ['key', 'id'])
export class SuppressionHistory {
  /** Sorts by time. */
  @PrimaryColumn('varchar', { length: 32 })
  id!: string;

  @Column('varchar', { length: 320 })
  key!: string;

  @Column('varchar', { length: 64 })
  scope!: string;

  @Column('varchar', { length: 320 })
  address!: string;

  @Column('varchar', { length: 16 })
  action!: SuppressionAction;

  @Column('varchar', { length: 16, nullable: true })
  reason!: SuppressionReason | null;

  @Column('bigint', { transformer: epochMillis })
  at!: Date;

  @Column('varchar', { length: 1000, nullable: true })
  note!: string | null;

  @Column('varchar', { length: 255, nullable: true })
  actor!: string | null;
}
