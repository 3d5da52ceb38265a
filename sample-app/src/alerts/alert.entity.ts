import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { MILLIS } from '../store/millis.js';

/** Something the shop's owner should know: one event of the library, kept. */
@Entity('shop_alert')
@Index('ux_shop_alert_event_id', ['eventId'], { unique: true })
export class Alert {
  @PrimaryGeneratedColumn({ primaryKeyConstraintName: 'pk_shop_alert' })
  id!: number;

  /** The event's own id. Unique, because an event may be delivered more than once. */
  @Column('varchar', { name: 'event_id', length: 191 })
  eventId!: string;

  @Column('varchar', { length: 64 })
  name!: string;

  @Column(MILLIS)
  at!: Date;

  /** One sentence. */
  @Column('varchar', { length: 1_000 })
  message!: string;
}
