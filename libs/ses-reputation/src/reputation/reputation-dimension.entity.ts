import { Column, Entity, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/** A dimension that has buckets of its own; what has none is counted in the one named `(other)` of its kind. */
@Entity('ses_reputation_dimension')
export class ReputationDimension {
  /** As in `ses_reputation_bucket`: `domain:example.com`, ... */
  @PrimaryColumn('varchar', { length: 264 })
  dimension!: string;

  /** `stream`, `domain` or `configuration-set`. */
  @Column('varchar', { length: 24 })
  kind!: string;

  @Column('bigint', { name: 'first_seen_at', transformer: epochMillis })
  firstSeenAt!: Date;
}
