import { describe, expect, it } from '@jest/globals';
import { Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  MailerService,
  SES_REPUTATION_ENTITIES,
  SesReputationModule,
  SuppressionService,
  type SesReputationOptions,
  type SesReputationOptionsFactory,
} from 'nestjs-ses-reputation';

const options: SesReputationOptions = {
  from: 'Shop <shop@example.com>',
  client: { region: 'eu-west-1' },
  feedback: { topicArns: ['arn:aws:sns:eu-west-1:123456789012:ses-feedback'] },
};
const database = { type: 'better-sqlite3', database: ':memory:', synchronize: true } as const;
const typeOrm = (more: { synchronize?: boolean } = {}) =>
  TypeOrmModule.forRoot({ ...database, ...more, autoLoadEntities: true });
const host = (more: { synchronize?: boolean } = {}) => [
  typeOrm(more),
  EventEmitterModule.forRoot(),
  ScheduleModule.forRoot(),
];

function start(...imports: NonNullable<ModuleMetadata['imports']>) {
  return Test.createTestingModule({ imports })
    .setLogger(false as never)
    .compile();
}

@Injectable()
class OptionsFactory implements SesReputationOptionsFactory {
  create(): SesReputationOptions {
    return options;
  }
}

@Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
class OptionsModule {}

describe('SesReputationModule', () => {
  it.each([
    ['forRoot', () => SesReputationModule.forRoot(options)],
    ['useFactory', () => SesReputationModule.forRootAsync({ useFactory: () => Promise.resolve(options) })],
    ['useClass', () => SesReputationModule.forRootAsync({ useClass: OptionsFactory })],
    [
      'useExisting',
      () => SesReputationModule.forRootAsync({ imports: [OptionsModule], useExisting: OptionsFactory }),
    ],
    [
      '@nestjs/config',
      () =>
        SesReputationModule.forRootAsync({
          imports: [ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ ses: options })] })],
          inject: [ConfigService],
          useFactory: (config: ConfigService) => config.getOrThrow<SesReputationOptions>('ses'),
        }),
    ],
  ])('starts by %s', async (_, module) => {
    const app = await start(...host(), module());
    await app.init();
    expect(app.get(MailerService, { strict: false })).toBeInstanceOf(MailerService);
    expect(await app.get(SuppressionService, { strict: false }).isSuppressed('ann@example.com')).toBe(false);
    await app.close();
  });

  it.each([
    ['TypeOrmModule', [EventEmitterModule.forRoot(), ScheduleModule.forRoot()], 'add TypeOrmModule.forRoot('],
    [
      'EventEmitterModule',
      [typeOrm(), ScheduleModule.forRoot()],
      'add EventEmitterModule.forRoot() (from @nestjs/event-emitter)',
    ],
    [
      'ScheduleModule',
      [typeOrm(), EventEmitterModule.forRoot()],
      'add ScheduleModule.forRoot() (from @nestjs/schedule)',
    ],
    [
      'autoLoadEntities',
      [TypeOrmModule.forRoot(database), EventEmitterModule.forRoot(), ScheduleModule.forRoot()],
      'add autoLoadEntities: true to TypeOrmModule.forRoot(...), or ...SES_REPUTATION_ENTITIES',
    ],
  ])('says which line to add when %s is missing', async (_, imports, line) => {
    await expect(start(...imports, SesReputationModule.forRoot(options))).rejects.toThrow(line);
  });

  it('works on a named data source, and on one that lists its entities', async () => {
    const app = await start(
      TypeOrmModule.forRoot({ ...database, name: 'mail', entities: SES_REPUTATION_ENTITIES }),
      EventEmitterModule.forRoot(),
      ScheduleModule.forRoot(),
      SesReputationModule.forRoot({ ...options, dataSource: 'mail' }),
    );
    await app.init();
    expect(await app.get(SuppressionService, { strict: false }).isSuppressed('ann@example.com')).toBe(false);
    await app.close();
  });

  it('stops the application on a wrong option, by either way', async () => {
    const wrong = { ...options, feedback: { topicArns: [] } };
    const message = 'SesReputationModule: feedback.topicArns is []';
    await expect(start(...host(), SesReputationModule.forRoot(wrong))).rejects.toThrow(message);
    await expect(
      start(...host(), SesReputationModule.forRootAsync({ useFactory: () => wrong })),
    ).rejects.toThrow(message);
    expect(() => SesReputationModule.forRoot({ ...options, path: 'a b' })).toThrow('path is "a b"');
  });

  it('stops where its tables are missing, and where it is imported twice', async () => {
    const bare = await start(...host({ synchronize: false }), SesReputationModule.forRoot(options));
    await expect(bare.init()).rejects.toThrow('the database lacks ses_suppressed_address, ');
    await bare.close();
    @Module({ imports: [SesReputationModule.forRoot({ ...options, path: 'other' })] })
    class Feature {}
    const twice = await start(...host(), SesReputationModule.forRoot(options), Feature);
    await expect(twice.init()).rejects.toThrow('imported twice');
    await twice.close();
  });

  it('asks for a factory', () => {
    expect(() => SesReputationModule.forRootAsync({})).toThrow(
      'needs one of useFactory, useClass and useExisting',
    );
  });

  it('is global when asked for, and only then', async () => {
    @Injectable()
    class Service {
      constructor(readonly mailer: MailerService) {}
    }
    @Module({ providers: [Service] })
    class Feature {}
    const app = await start(...host(), Feature, SesReputationModule.forRoot({ ...options, isGlobal: true }));
    expect(app.get(Service, { strict: false }).mailer).toBeInstanceOf(MailerService);
    await app.close();
    await expect(start(...host(), Feature, SesReputationModule.forRoot(options))).rejects.toThrow(
      /MailerService/,
    );
  });

  it('mounts its scheduled check, and leaves nothing behind', async () => {
    const app = await start(...host(), SesReputationModule.forRoot(options));
    await app.init();
    const scheduler = app.get(SchedulerRegistry, { strict: false });
    expect(scheduler.getIntervals()).toContain('ses-reputation:check');
    await app.close();
    expect(scheduler.getIntervals()).toEqual([]);
  });
});
