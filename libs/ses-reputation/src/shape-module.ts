import type { DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SES_REPUTATION_ENTITIES } from './entities.js';
import { FEEDBACK_HTTP_PROVIDERS } from './feedback/feedback-http.providers.js';
import { createFeedbackController } from './feedback/feedback.controller.js';
import { hostProviders } from './host-modules.js';
import type { SesReputationStructure } from './options/ses-reputation-options.js';

/** What depends on the module's structure: its route, its data source, and who can see it. */
export function shapeModule(
  definition: DynamicModule,
  structure: Required<SesReputationStructure>,
): DynamicModule {
  // Called for what it registers (`autoLoadEntities`), not imported: its repositories would fail with a
  // riddle where TypeOrmModule.forRoot() is missing, before hostProviders can say so.
  TypeOrmModule.forFeature(SES_REPUTATION_ENTITIES, structure.dataSource);
  return {
    ...definition,
    global: structure.isGlobal,
    controllers: [createFeedbackController(structure.path, { metadata: structure.publicMetadata })],
    providers: [...(definition.providers ?? []), ...hostProviders(structure), ...FEEDBACK_HTTP_PROVIDERS],
  };
}
