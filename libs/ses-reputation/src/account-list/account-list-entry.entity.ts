import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/** An address on SES's own list of the account, as the last pull or push left it. */
@Entity('ses_account_list_entry')
@Index('ix_ses_account_list_entry_key', ['key'])
@Index('ix_ses_account_list_entry_run', ['run'])
export class AccountListEntry {
  /** Hash of the exact spelling. */
  @PrimaryColumn('varchar', { length: 64 })
  id!: string;

  /** Exactly as SES spells it: it is deleted there under this spelling alone. */
  @Column('varchar', { length: 320 })
  address!: string;

  @Column('varchar', { length: 320 })
  key!: string;

  /** `BOUNCE` or `COMPLAINT`. */
  @Column('varchar', { length: 16 })
  reason!: string;

  /** SES's `LastUpdateTime`. */
  @Column('bigint', { name: 'listed_at', transformer: epochMillis })
  listedAt!: Date;

  /** The pull that saw it last. */
  @Column('int')
  run!: number;
}
