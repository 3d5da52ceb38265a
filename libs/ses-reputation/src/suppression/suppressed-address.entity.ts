import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';
import type { SuppressionReason } from './suppression-reason.js';

/** The scope of a suppression that holds for every stream. Any other scope is the name of one stream. */
export const EVERY_STREAM = '*';

/** One address that must not be mailed, in every stream (`scope` is `*`) or in one. */
@Entity('ses_suppressed_address')
@Index('ix_ses_suppressed_address_reason', ['reason', 'key'])
@Index('ix_ses_suppressed_address_domain', ['domain', 'key'])
// PostgreSQL only, by a migration: TypeORM has no word for the kind of index that LIKE 'ann%' needs there.
@Index('ix_ses_suppressed_address_prefix', { synchronize: false })
export class SuppressedAddress {
  /** Look-up key: equal for every spelling of the same mailbox. After `erase` a keyed hash, `h:<hex>`. */
  @PrimaryColumn('varchar', { length: 320 })
  key!: string;

  /** `*` for every stream, or a stream's name. */
  @PrimaryColumn('varchar', { length: 64 })
  scope!: string;

  /** The address as it was given; empty after `erase`. */
  @Column('varchar', { length: 320 })
  address!: string;

  /** Domain of the look-up key, for searches; empty after `erase`. */
  @Column('varchar', { length: 255, default: '' })
  domain!: string;

  @Column('varchar', { length: 16 })
  reason!: SuppressionReason;

  @Column('bigint', { transformer: epochMillis })
  since!: Date;

  /** `null`: for good. */
  @Column('bigint', { name: 'expires_at', nullable: true, transformer: epochMillis })
  expiresAt!: Date | null;

  @Column('varchar', { length: 1000, nullable: true })
  note!: string | null;

  /** Who did it: a person or a program, as named by the caller; `null` for feedback from SES. */
  @Column('varchar', { length: 255, nullable: true })
  actor!: string | null;
}
