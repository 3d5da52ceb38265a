import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ascii, int, millis, nullable, text, varchar } from './columns.js';
import { createTables, dropTables, type TableShape } from './tables.js';

/** The tables as this migration makes them: later changes are migrations of their own. */
const TABLES: TableShape[] = [
  {
    name: 'ses_suppressed_address',
    columns: [
      ascii('key', 320, { isPrimary: true }),
      varchar('scope', 64, { isPrimary: true }),
      varchar('address', 320),
      varchar('reason', 16),
      millis('since'),
      nullable(millis('expires_at')),
      nullable(varchar('note', 1000)),
      nullable(varchar('actor', 255)),
    ],
    indices: { ix_ses_suppressed_address_reason: ['reason', 'key'] },
  },
  {
    name: 'ses_suppression_history',
    columns: [
      ascii('id', 32, { isPrimary: true }),
      ascii('key', 320),
      varchar('scope', 64),
      varchar('address', 320),
      varchar('action', 16),
      nullable(varchar('reason', 16)),
      millis('at'),
      nullable(varchar('note', 1000)),
      nullable(varchar('actor', 255)),
    ],
    indices: { ix_ses_suppression_history_key: ['key', 'id'] },
  },
  {
    name: 'ses_feedback_event',
    columns: [
      ascii('id', 32, { isPrimary: true }),
      varchar('type', 24),
      nullable(varchar('category', 24)),
      nullable(varchar('address', 320)),
      nullable(ascii('key', 320)),
      nullable(varchar('message_id', 255)),
      nullable(varchar('feedback_id', 255)),
      nullable(varchar('stream', 64)),
      millis('at'),
      nullable(millis('sent_at')),
      millis('received_at'),
      varchar('source', 32),
      nullable(varchar('sub_type', 128)),
      nullable(varchar('status', 32)),
      nullable(varchar('diagnostic', 1000)),
      text('raw'),
    ],
    indices: {
      ix_ses_feedback_event_key: ['key', 'at'],
      ix_ses_feedback_event_received: ['received_at'],
    },
  },
  {
    name: 'ses_seen_feedback',
    columns: [
      ascii('id', 32, { isPrimary: true }),
      nullable(ascii('key', 320)),
      nullable(millis('sent_at')),
      millis('seen_at'),
    ],
    indices: {
      ix_ses_seen_feedback_key: ['key', 'sent_at'],
      ix_ses_seen_feedback_seen: ['seen_at'],
    },
  },
  {
    name: 'ses_reputation_bucket',
    columns: [
      varchar('dimension', 264, { isPrimary: true }),
      millis('start', { isPrimary: true }),
      int('minutes', { isPrimary: true }),
      int('sent', { default: 0 }),
      int('unaccounted', { default: 0 }),
      int('excluded', { default: 0 }),
      int('hard_bounces', { default: 0 }),
      int('soft_bounces', { default: 0 }),
      int('complaints', { default: 0 }),
      int('deliveries', { default: 0 }),
      int('delays', { default: 0 }),
      int('rejects', { default: 0 }),
      int('rendering_failures', { default: 0 }),
      int('opens', { default: 0 }),
      int('clicks', { default: 0 }),
    ],
    indices: { ix_ses_reputation_bucket_start: ['minutes', 'start'] },
  },
  {
    name: 'ses_reputation_state',
    columns: [
      varchar('name', 64, { isPrimary: true }),
      int('version', { default: 0 }),
      varchar('bounce_level', 8, { default: "'healthy'" }),
      varchar('bounce_approach', 8, { default: "'healthy'" }),
      varchar('complaint_level', 8, { default: "'healthy'" }),
      varchar('complaint_approach', 8, { default: "'healthy'" }),
      nullable(text('account')),
      millis('updated_at'),
    ],
  },
  {
    name: 'ses_idempotent_send',
    columns: [
      ascii('id', 64, { isPrimary: true }),
      varchar('state', 8),
      nullable(text('receipt')),
      millis('expires_at'),
    ],
    indices: { ix_ses_idempotent_send_expires: ['expires_at'] },
  },
];

/** Makes the tables of this package on SQLite, PostgreSQL, MySQL or MariaDB. */
export class CreateSesReputation1795478400000 implements MigrationInterface {
  readonly name = 'CreateSesReputation1795478400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, TABLES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, TABLES);
  }
}
