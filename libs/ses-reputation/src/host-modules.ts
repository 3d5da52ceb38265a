import type { FactoryProvider } from '@nestjs/common';
import { EventEmitter2, EventEmitterReadinessWatcher } from '@nestjs/event-emitter';
import { SchedulerRegistry } from '@nestjs/schedule';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { SES_REPUTATION_ENTITIES } from './entities.js';
import { SesReputationConfigError } from './errors.js';
import { SES_EVENT_EMITTER, SES_LISTENERS_READY } from './events/tokens.js';
import { SES_SCHEDULER_REGISTRY } from './scheduler.js';
import type { SesReputationStructure } from './options/ses-reputation-options.js';
import { forbidPrepared } from './store/prepared.js';
import { KNOWN_DATABASES } from './store/store.js';
import { SES_DATA_SOURCE } from './store/tokens.js';

/**
 * What the host's own modules provide. A second `forRoot` of theirs in here would fire the host's jobs and
 * listeners twice, so a missing one is an error that says which line to add.
 */
export function hostProviders({
  dataSource: name,
  preparedStatements,
}: Pick<Required<SesReputationStructure>, 'dataSource' | 'preparedStatements'>): FactoryProvider[] {
  const named = name === 'default' ? '' : `, name: '${name}'`;
  return [
    fromHost(SES_EVENT_EMITTER, EventEmitter2, 'EventEmitterModule.forRoot()', '@nestjs/event-emitter'),
    fromHost(
      SES_LISTENERS_READY,
      EventEmitterReadinessWatcher,
      'EventEmitterModule.forRoot()',
      '@nestjs/event-emitter',
    ),
    fromHost(SES_SCHEDULER_REGISTRY, SchedulerRegistry, 'ScheduleModule.forRoot()', '@nestjs/schedule'),
    {
      provide: SES_DATA_SOURCE,
      inject: [{ token: getDataSourceToken(name) as never, optional: true }],
      useFactory: (dataSource?: DataSource) => {
        if (!dataSource)
          throw missing(`TypeOrmModule.forRoot({ ..., autoLoadEntities: true${named} })`, '@nestjs/typeorm');
        if (!preparedStatements) forbidPrepared(dataSource);
        return withEntities(onKnownDatabase(dataSource));
      },
    },
  ];
}

function fromHost(provide: symbol, token: unknown, line: string, from: string): FactoryProvider {
  return {
    provide,
    inject: [{ token: token as never, optional: true }],
    useFactory: (found?: unknown) => {
      if (!found) throw missing(line, from);
      return found;
    },
  };
}

function onKnownDatabase(dataSource: DataSource): DataSource {
  const { type } = dataSource.options;
  if (!KNOWN_DATABASES.includes(type)) {
    throw new SesReputationConfigError(
      `the data source is of type "${type}" — expected one of ${KNOWN_DATABASES.join(', ')}; give the module one of its own with dataSource: '<name>'`,
    );
  }
  return dataSource;
}

function withEntities(dataSource: DataSource): DataSource {
  const unknown = SES_REPUTATION_ENTITIES.filter((entity) => !dataSource.hasMetadata(entity));
  if (unknown.length > 0) {
    throw new SesReputationConfigError(
      `the data source does not know ${unknown.map((entity) => entity.name).join(', ')}: ` +
        'add autoLoadEntities: true to TypeOrmModule.forRoot(...), or ...SES_REPUTATION_ENTITIES to its entities',
    );
  }
  return dataSource;
}

function missing(line: string, from: string): SesReputationConfigError {
  return new SesReputationConfigError(`add ${line} (from ${from}) to the imports of your root module`);
}
