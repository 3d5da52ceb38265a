import { oneOf, orNull, TEXT, type RulesFor } from '../members-check.js';
import type { EntityFindings } from './reputation-entities.js';

/** What Amazon may find of an identity or configuration set. */
export const FINDINGS_RULES: RulesFor<EntityFindings> = {
  impact: orNull(oneOf('LOW', 'HIGH')),
  status: oneOf('ENABLED', 'REINSTATED', 'DISABLED'),
  cause: TEXT,
};
