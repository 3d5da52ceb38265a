import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/** An event that is stored with its cause and not delivered yet. */
@Entity('ses_outbox_event')
@Index('ix_ses_outbox_event_due', ['app', 'state', 'dueAt', 'id'])
@Index('ix_ses_outbox_event_key', ['key', 'id'])
export class OutboxEvent {
  /** Sorts by the time it was stored. */
  @PrimaryColumn('varchar', { length: 32 })
  id!: string;

  /** The application's `app`: each one on a database delivers its own events. */
  @Column('varchar', { length: 64 })
  app!: string;

  @Column('varchar', { length: 48 })
  name!: string;

  /** Events of one key are delivered in order: the look-up key of the address, or what else an event is about. */
  @Column('varchar', { length: 320, nullable: true })
  key!: string | null;

  /** The payload as JSON, in ASCII. */
  @Column('text')
  payload!: string;

  /** `pending`, or `dead`: given up after too many attempts. */
  @Column('varchar', { length: 8 })
  state!: 'pending' | 'dead';

  @Column('int', { default: 0 })
  attempts!: number;

  /** 0 before the first attempt, so that no instance's clock can delay it; of a dead one, when it was given up. */
  @Column('bigint', { name: 'due_at', transformer: epochMillis })
  dueAt!: Date;

  @Column('bigint', { name: 'stored_at', transformer: epochMillis })
  storedAt!: Date;

  /** What the last attempt failed with. */
  @Column('varchar', { length: 1000, nullable: true })
  error!: string | null;
}
