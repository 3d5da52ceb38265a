import { Module, type INestApplication, type LoggerService } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import type { SesReputationOptions } from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import { SesReputationModule } from '../../libs/ses-reputation/src/ses-reputation.module.js';
import { STORE_LIMITS, type StoreLimits } from '../../libs/ses-reputation/src/store/bounded-store.js';
import type { SesSimulator } from '../../libs/ses-reputation/src/testing/index.js';

/** Keeps warnings and errors. */
export class Said implements LoggerService {
  readonly lines: string[] = [];
  log(): void {}
  warn(message: unknown): void {
    this.lines.push(String(message));
  }
  error(message: unknown): void {
    this.lines.push(String(message));
  }

  of(what: string): string[] {
    return this.lines.filter((line) => line.includes(what));
  }
}

/** The module with its background work, in haste. */
export async function startInHaste(
  database: object,
  simulator: SesSimulator,
  { logger, limits, ...given }: { logger: Said; limits: StoreLimits } & Partial<SesReputationOptions>,
): Promise<INestApplication> {
  const dataSource = { ...(database as DataSourceOptions), autoLoadEntities: true, synchronize: true };
  @Module({
    imports: [
      TypeOrmModule.forRoot(dataSource),
      EventEmitterModule.forRoot(),
      ScheduleModule.forRoot(),
      SesReputationModule.forRoot({
        client: simulator.clientConfig,
        configurationSet: simulator.configurationSet,
        from: 'shop@example.com',
        streams: { orders: { priority: 'normal' }, newsletter: { priority: 'bulk' } },
        feedback: { topicArns: [simulator.topicArn], fetch: simulator.fetch },
        guard: { mode: 'enforce' },
        reputation: { check: { everyMs: 200 } },
        ...given,
      }),
    ],
  })
  class HostModule {}
  const module = await Test.createTestingModule({ imports: [HostModule] })
    .overrideProvider(STORE_LIMITS)
    .useValue(limits)
    .setLogger(logger)
    .compile();
  const app = module.createNestApplication();
  await app.init();
  return app;
}
