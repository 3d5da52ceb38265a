import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { SesReputationOptions, SesReputationStructure } from './options/ses-reputation-options.js';
import { resolveStructure, STRUCTURE_KEYS } from './options/resolve-structure.js';
import { shapeModule } from './shape-module.js';

/** What a class given as `useClass` or `useExisting` of `forRootAsync` implements. */
export interface SesReputationOptionsFactory {
  create(): SesReputationOptions | Promise<SesReputationOptions>;
}

/** Structure shapes the module itself, so it stands beside `useFactory`, not in what the factory returns. */
const STRUCTURE: SesReputationStructure = Object.fromEntries(STRUCTURE_KEYS.map((key) => [key, undefined]));

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<SesReputationOptions>({
    moduleName: 'SesReputation',
  })
    .setClassMethodName('forRoot')
    .setExtras(STRUCTURE, (definition, extras) => shapeModule(definition, resolveStructure(extras)))
    .build();
