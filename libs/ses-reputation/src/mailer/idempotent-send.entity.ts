import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/** One `idempotencyKey`, from before SES is called until it expires. */
@Entity('ses_idempotent_send')
@Index('ix_ses_idempotent_send_expires', ['expiresAt'])
export class IdempotentSend {
  /** SHA-256 of app and key, hex. */
  @PrimaryColumn('varchar', { length: 64 })
  id!: string;

  /** `pending` while SES is asked, `done` with a receipt, `unknown` when nobody can tell whether SES took it. */
  @Column('varchar', { length: 8 })
  state!: 'pending' | 'done' | 'unknown';

  /** The receipt, as JSON. */
  @Column('text', { nullable: true })
  receipt!: string | null;

  @Column('bigint', { name: 'expires_at', transformer: epochMillis })
  expiresAt!: Date;
}
