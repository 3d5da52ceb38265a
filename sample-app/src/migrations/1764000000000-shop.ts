import { Table, type MigrationInterface, type QueryRunner, type TableColumnOptions } from 'typeorm';

/** Subscribers and alerts. */
export class Shop1764000000000 implements MigrationInterface {
  readonly name = 'Shop1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'shop_subscriber',
        columns: [
          id('pk_shop_subscriber'),
          { name: 'email', type: 'varchar', length: '254' },
          { name: 'email_key', type: 'varchar', length: '254' },
          { name: 'signed_up_at', type: 'bigint' },
        ],
        indices: [{ name: 'ux_shop_subscriber_email_key', columnNames: ['email_key'], isUnique: true }],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'shop_alert',
        columns: [
          id('pk_shop_alert'),
          { name: 'event_id', type: 'varchar', length: '191' },
          { name: 'name', type: 'varchar', length: '64' },
          { name: 'at', type: 'bigint' },
          { name: 'message', type: 'varchar', length: '1000' },
        ],
        indices: [{ name: 'ux_shop_alert_event_id', columnNames: ['event_id'], isUnique: true }],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('shop_alert');
    await runner.dropTable('shop_subscriber');
  }
}

function id(primaryKeyConstraintName: string): TableColumnOptions {
  return {
    name: 'id',
    type: 'integer',
    isPrimary: true,
    isGenerated: true,
    generationStrategy: 'increment',
    primaryKeyConstraintName,
  };
}
