import { Column, Entity, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/** Who does the work that one instance does for all. */
@Entity('ses_lease')
export class Lease {
  /** The application's `app`: applications that share a database have a lease each. */
  @PrimaryColumn('varchar', { length: 64 })
  name!: string;

  /** Random, of one process; empty once it was given back. */
  @Column('varchar', { length: 64 })
  holder!: string;

  /** Fencing token: grows with every holder, so that one who has lost the lease can be told. */
  @Column('int')
  token!: number;

  /** Grows with every renewal: others see by it, without a common clock, that the holder is alive. */
  @Column('int')
  beat!: number;

  /** For people; nothing is decided by it. */
  @Column('bigint', { name: 'renewed_at', transformer: epochMillis })
  renewedAt!: Date;
}
