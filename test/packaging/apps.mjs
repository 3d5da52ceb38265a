// The applications of the packaging test: what their starters make, plus these files.

const appModule = (ext) => `import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SesReputationModule } from 'nestjs-ses-reputation';
import { sesReputationMigrations } from 'nestjs-ses-reputation/migrations';
import { WelcomeController } from './welcome.controller${ext}';
import { WelcomeService } from './welcome.service${ext}';

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true }),
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      database: ':memory:',
      autoLoadEntities: true,
      migrations: sesReputationMigrations,
      migrationsRun: true,
    }),
    EventEmitterModule.forRoot(),
    ScheduleModule.forRoot(),
    SesReputationModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        client: {
          region: 'us-east-1',
          endpoint: config.getOrThrow<string>('SES_ENDPOINT'),
          credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        },
        from: 'Shop <shop@example.com>',
        configurationSet: 'main',
        feedback: {
          topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'],
          // The simulator answers for Amazon's host under its own address.
          fetch: (url, init) => fetch(url.replace(/^https:\\/\\/[^/]+/, config.getOrThrow<string>('SES_ENDPOINT')), init),
        },
      }),
    }),
  ],
  controllers: [WelcomeController],
  providers: [WelcomeService],
})
export class AppModule {}
`;

const service = `import { Injectable } from '@nestjs/common';
import { MailerService, OnSesEvent, SuppressionService } from 'nestjs-ses-reputation';
import type { SesEvents } from 'nestjs-ses-reputation';

@Injectable()
export class WelcomeService {
  readonly bounced: string[] = [];

  constructor(
    private readonly mailer: MailerService,
    private readonly suppressions: SuppressionService,
  ) {}

  async welcome(to: string): Promise<string | null> {
    const receipt = await this.mailer.send({ to, subject: 'Welcome', text: 'Hello' });
    return receipt.messageId;
  }

  suppressed(address: string): Promise<boolean> {
    return this.suppressions.isSuppressed(address);
  }

  @OnSesEvent('ses.bounce.hard')
  onBounce(event: SesEvents['ses.bounce.hard']): void {
    this.bounced.push(event.address);
  }
}
`;

const controller = (ext) => `import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { WelcomeService } from './welcome.service${ext}';

@Controller()
export class WelcomeController {
  constructor(private readonly service: WelcomeService) {}

  @Post('welcome')
  async welcome(@Body() body: { to: string }): Promise<{ messageId: string | null }> {
    return { messageId: await this.service.welcome(body.to) };
  }

  @Get('suppressed/:address')
  async suppressed(@Param('address') address: string): Promise<string> {
    return String(await this.service.suppressed(address));
  }
}
`;

const spec = (ext) => `import { Test } from '@nestjs/testing';
import { MailerService, SuppressionService } from 'nestjs-ses-reputation';
import { WelcomeService } from './welcome.service${ext}';

describe('WelcomeService', () => {
  it('sends a welcome mail', async () => {
    const sent: unknown[] = [];
    const mailer = {
      send: (message: unknown) => {
        sent.push(message);
        return Promise.resolve({ status: 'sent', messageId: 'm-1', accepted: ['ann@example.com'], suppressed: [] });
      },
    };
    const module = await Test.createTestingModule({
      providers: [
        WelcomeService,
        { provide: MailerService, useValue: mailer },
        { provide: SuppressionService, useValue: {} },
      ],
    }).compile();
    expect(await module.get(WelcomeService).welcome('ann@example.com')).toBe('m-1');
    expect(sent).toEqual([{ to: 'ann@example.com', subject: 'Welcome', text: 'Hello' }]);
  });
});
`;

const files = (ext) => ({
  'src/app.module.ts': appModule(ext),
  'src/welcome.service.ts': service,
  'src/welcome.controller.ts': controller(ext),
  'src/welcome.service.spec.ts': spec(ext),
});

/** The one line that docs/testing.md asks of an application whose Jest runs as CommonJS. */
const PATTERN = '/node_modules/(?!nestjs-ses-reputation/)';

/** What docs/testing.md asks of a Nest 12 application that tests with Jest: Nest 12 is ESM only. */
const ESM_JEST = `export default {
  rootDir: 'src',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\\\.ts$': ['@swc/jest', {
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
      module: { type: 'es6' },
    }],
  },
  moduleNameMapper: { '^(\\\\.{1,2}/.*)\\\\.js$': '$1' },
};
`;

const NEST_12 = [
  '@nestjs/typeorm@^12',
  '@nestjs/event-emitter@^12',
  '@nestjs/schedule@^12',
  '@nestjs/config@^12',
];
const NEST_11 = [
  '@nestjs/typeorm@^11',
  '@nestjs/event-emitter@^3',
  '@nestjs/schedule@^6',
  '@nestjs/config@^4',
];
const NEW = ['--skip-git', '--skip-install', '--package-manager', 'npm'];

/** @param bin where this project's own Nest CLI is */
export function apps(bin) {
  return [
    {
      name: 'nest12-esm',
      starter: [`${bin}/nest`, 'new', 'nest12-esm', ...NEW, '--no-observe'],
      hosts: NEST_12,
      typeorm: '^1',
      files: { ...files('.js'), 'jest.config.mjs': ESM_JEST },
      install: ['jest@^30', '@swc/jest', '@swc/core'],
      unitTest: [
        ['npm', 'test'],
        ['node', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'],
      ],
    },
    {
      name: 'nest12-cjs',
      starter: [
        `${bin}/schematics`,
        '@nestjs/schematics:application',
        '--name=nest12-cjs',
        '--type=cjs',
        '--no-dry-run',
      ],
      hosts: NEST_12,
      typeorm: '^1',
      files: files(''),
      // The Jest of this starter can't load Nest 12 itself before Node 24.9: its own test fails.
      unitTest: [],
    },
    {
      name: 'nest11-cjs',
      starter: ['npx', '--yes', '--package=@nestjs/cli@11', 'nest', 'new', 'nest11-cjs', ...NEW],
      hosts: NEST_11,
      typeorm: '^0.3.27',
      files: files(''),
      unitTest: [['npm', 'test']],
      edit: {
        file: 'package.json',
        change: (text) => text.replace('"jest": {', `$&\n    "transformIgnorePatterns": ["${PATTERN}"],`),
      },
    },
  ];
}
