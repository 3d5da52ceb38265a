import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/**
 * `listed`: SES has it. `put-refused`: SES would not take it. `delete-refused`: SES has it and would not delete
 * it. What was refused is not tried again.
 */
export type AccountListState = 'listed' | 'put-refused' | 'delete-refused';

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

  /** Look-up key of the mailbox, which several spellings may share; empty if it can't be read as an address. */
  @Column('varchar', { length: 320 })
  key!: string;

  /** `BOUNCE` or `COMPLAINT`. */
  @Column('varchar', { length: 16 })
  reason!: string;

  /** SES's `LastUpdateTime`; of what was put from here, the time it was decided. */
  @Column('bigint', { name: 'listed_at', transformer: epochMillis })
  listedAt!: Date;

  /** The pull that saw it last. */
  @Column('int')
  run!: number;

  @Column('varchar', { length: 16 })
  state!: AccountListState;

  /** JSON: the weaker suppression that gave way to SES's entry, and holds again when SES drops the entry. */
  @Column('text', { nullable: true })
  replaced!: string | null;
}
