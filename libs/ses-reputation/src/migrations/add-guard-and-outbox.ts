import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ascii, int, millis, nullable, text, varchar } from './columns.js';
import { createTables, dropTables, type TableShape } from './tables.js';

const TABLES: TableShape[] = [
  {
    name: 'ses_reputation_dimension',
    columns: [
      varchar('dimension', 264, { isPrimary: true }),
      varchar('kind', 24),
      int('places', { default: 0 }),
      millis('first_seen_at'),
    ],
  },
  {
    name: 'ses_outbox_event',
    columns: [
      ascii('id', 32, { isPrimary: true }),
      varchar('app', 64),
      varchar('name', 48),
      nullable(ascii('key', 320)),
      text('payload'),
      varchar('state', 8),
      int('attempts', { default: 0 }),
      millis('due_at'),
      millis('stored_at'),
      nullable(varchar('error', 1000)),
    ],
    indices: {
      ix_ses_outbox_event_due: ['app', 'state', 'due_at', 'id'],
      ix_ses_outbox_event_key: ['key', 'id'],
    },
  },
  {
    name: 'ses_lease',
    columns: [
      varchar('name', 64, { isPrimary: true }),
      varchar('holder', 64),
      int('token'),
      int('beat'),
      millis('renewed_at'),
    ],
  },
  {
    name: 'ses_guard_state',
    columns: [
      varchar('app', 64, { isPrimary: true }),
      ascii('stream', 64, { isPrimary: true }),
      varchar('mode', 8),
      varchar('cause', 8),
      varchar('reason', 1000),
      nullable(varchar('actor', 255)),
      millis('since'),
      nullable(millis('until')),
      nullable(text('memory')),
      int('version'),
    ],
  },
  {
    name: 'ses_account_list_entry',
    columns: [
      ascii('id', 64, { isPrimary: true }),
      varchar('address', 320),
      ascii('key', 320),
      varchar('reason', 16),
      millis('listed_at'),
      int('run'),
      varchar('state', 16),
      nullable(text('replaced')),
    ],
    indices: {
      ix_ses_account_list_entry_key: ['key'],
      ix_ses_account_list_entry_run: ['run'],
    },
  },
  {
    name: 'ses_memory',
    columns: [varchar('name', 96, { isPrimary: true }), text('value'), millis('updated_at')],
  },
];

/** Adds the tables of the guard, the event outbox, the lease and the account list. */
export class AddGuardAndOutbox1795564800000 implements MigrationInterface {
  readonly name = 'AddGuardAndOutbox1795564800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, TABLES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, TABLES);
  }
}
