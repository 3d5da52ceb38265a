import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { SesReputationOptions, SesReputationStructure } from './options/ses-reputation-options.js';
import { resolveStructure } from './options/resolve-structure.js';
import { shapeModule } from './shape-module.js';

/** What a class given as `useClass` or `useExisting` of `forRootAsync` implements. */
export interface SesReputationOptionsFactory {
  create(): SesReputationOptions | Promise<SesReputationOptions>;
}

/** Structure shapes the module itself, so it stands beside `useFactory`, not in what the factory returns. */
const NO_STRUCTURE: Required<{ [K in keyof SesReputationStructure]: SesReputationStructure[K] | undefined }> =
  {
    isGlobal: undefined,
    path: undefined,
    dataSource: undefined,
    publicMetadata: undefined,
  };

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<SesReputationOptions>({
    moduleName: 'SesReputation',
  })
    .setClassMethodName('forRoot')
    .setExtras(NO_STRUCTURE as SesReputationStructure, (definition, extras) =>
      shapeModule(definition, resolveStructure(extras)),
    )
    .build();
