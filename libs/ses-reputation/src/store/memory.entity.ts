import { Column, Entity, PrimaryColumn } from 'typeorm';
import { epochMillis } from './columns.js';

/** What a background job remembers between its runs. */
@Entity('ses_memory')
export class Memory {
  @PrimaryColumn('varchar', { length: 96 })
  name!: string;

  /** JSON. */
  @Column('text')
  value!: string;

  @Column('bigint', { name: 'updated_at', transformer: epochMillis })
  updatedAt!: Date;
}
