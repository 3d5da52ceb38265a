import { Column, Entity, PrimaryColumn } from 'typeorm';
import { epochMillis } from '../store/columns.js';

/** A dimension that has buckets of its own; what has none is counted in the one named `(other)` of its kind. */
@Entity('ses_reputation_dimension')
export class ReputationDimension {
  /** As in `ses_reputation_bucket`: `domain:example.com`, ... The row of `(other)` keeps the number of places. */
  @PrimaryColumn('varchar', { length: 264 })
  dimension!: string;

  /**
   * `stream`, `domain` or `configuration-set`; `own-stream` of the streams that an application on this database
   * configures, which take no place.
   */
  @Column('varchar', { length: 24 })
  kind!: string;

  /** In the row of `(other)`: how many of the kind have a place. */
  @Column('int', { default: 0 })
  places!: number;

  @Column('bigint', { name: 'first_seen_at', transformer: epochMillis })
  firstSeenAt!: Date;
}
