import { Column, Entity, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/** Whether an application's mail of a stream goes out; a stream without a row is open. */
@Entity('ses_guard_state')
export class GuardState {
  /** The application's `app`: each decides by its own priorities and limits. */
  @PrimaryColumn('varchar', { length: 64 })
  app!: string;

  @PrimaryColumn('varchar', { length: 64 })
  stream!: string;

  /** `open`, `paused`, or `probing`: a share of its mail goes out. */
  @Column('varchar', { length: 8 })
  mode!: 'open' | 'paused' | 'probing';

  /** `level`: the guard's own decision; `manual`: somebody's. */
  @Column('varchar', { length: 8 })
  cause!: 'level' | 'manual';

  @Column('varchar', { length: 1000 })
  reason!: string;

  @Column('varchar', { length: 255, nullable: true })
  actor!: string | null;

  /** When this mode began. */
  @Column('bigint', { transformer: epochMillis })
  since!: Date;

  /** When the mode ends by itself (a pause with an end, a pause before its next probe); `null`: open end. */
  @Column('bigint', { nullable: true, transformer: epochMillis })
  until!: Date | null;

  /** What the guard needs to go on (probe round, its share and start, the next pause's length), as JSON. */
  @Column('text', { nullable: true })
  memory!: string | null;

  @Column('int')
  version!: number;
}
