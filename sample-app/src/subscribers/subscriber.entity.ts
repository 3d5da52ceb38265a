import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { MILLIS } from '../store/millis.js';

/** Somebody who signed up. */
@Entity('shop_subscriber')
@Index('ux_shop_subscriber_email_key', ['emailKey'], { unique: true })
export class Subscriber {
  @PrimaryGeneratedColumn({ primaryKeyConstraintName: 'pk_shop_subscriber' })
  id!: number;

  /** As it was typed. */
  @Column('varchar', { length: 254 })
  email!: string;

  /** In lower case: nobody signs up twice by writing the same address in another way. */
  @Column('varchar', { name: 'email_key', length: 254 })
  emailKey!: string;

  @Column({ ...MILLIS, name: 'signed_up_at' })
  signedUpAt!: Date;
}
