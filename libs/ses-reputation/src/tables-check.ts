import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SES_REPUTATION_ENTITIES } from './entities.js';
import { SesReputationConfigError } from './errors.js';
import { SES_DATA_SOURCE } from './store/tokens.js';

/**
 * Looks once, when the application starts, whether this package's tables are there. Without them every feedback
 * would be refused, and a critical stream, which goes out when the list can't be read, would mail everybody.
 */
@Injectable()
export class TablesCheck implements OnApplicationBootstrap {
  private readonly logger = new Logger('SesReputation');

  constructor(@Inject(SES_DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** @throws SesReputationConfigError if a table is missing; a database that does not answer is no mistake of the host's */
  async onApplicationBootstrap(): Promise<void> {
    const missing = await this.missingTables().catch((error: unknown) => {
      this.logger.warn(`The tables could not be looked at: ${String(error)}`);
      return [];
    });
    if (missing.length === 0) return;
    throw new SesReputationConfigError(
      `the database lacks ${missing.join(', ')}: add migrations: [...sesReputationMigrations] (from ` +
        'nestjs-ses-reputation/migrations) and migrationsRun: true to TypeOrmModule.forRoot(...), or run them before',
    );
  }

  private async missingTables(): Promise<string[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const missing = [];
      for (const entity of SES_REPUTATION_ENTITIES) {
        const { tablePath } = this.dataSource.getMetadata(entity);
        if (!(await runner.hasTable(tablePath))) missing.push(tablePath);
      }
      return missing;
    } finally {
      await runner.release();
    }
  }
}
