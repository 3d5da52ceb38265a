import { Module, ValidationPipe, type DynamicModule } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SesReputationModule } from 'nestjs-ses-reputation';
import { databaseOptions } from './config/database.js';
import type { Environment } from './config/environment.js';
import { SENDING, type Sending } from './config/sending.js';
import { SendingModule } from './config/sending.module.js';
import { sesOptions } from './config/ses-options.js';
import { ErrorPageFilter } from './http/error-page.filter.js';
import { VisitorGuard } from './http/visitor.guard.js';
import { ShopModule } from './shop.module.js';

@Module({})
export class AppModule {
  /** With an environment that was checked, so that a test starts a shop without touching `process.env`. */
  static of(environment: Environment, sending: Sending): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot({
          isGlobal: true,
          ignoreEnvFile: true,
          skipProcessEnv: true,
          load: [() => ({ ...environment })],
        }),
        TypeOrmModule.forRootAsync({
          inject: [ConfigService],
          useFactory: (config: ConfigService<Environment, true>) =>
            databaseOptions(config.get('DATABASE_URL', { infer: true })),
        }),
        EventEmitterModule.forRoot(),
        ScheduleModule.forRoot(),
        SendingModule.of(sending),
        SesReputationModule.forRootAsync({
          isGlobal: true,
          inject: [ConfigService, SENDING],
          useFactory: sesOptions,
        }),
        ShopModule,
      ],
      providers: [
        { provide: APP_GUARD, useClass: VisitorGuard },
        { provide: APP_FILTER, useClass: ErrorPageFilter },
        {
          provide: APP_PIPE,
          useValue: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
        },
      ],
    };
  }
}
