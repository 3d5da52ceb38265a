import { AddGuardAndOutbox1795564800000 } from './add-guard-and-outbox.js';
import { AddSuppressionDomain1795658400000 } from './add-suppression-domain.js';
import { CreateSesReputation1795478400000 } from './create-ses-reputation.js';

export {
  AddGuardAndOutbox1795564800000,
  AddSuppressionDomain1795658400000,
  CreateSesReputation1795478400000,
};

/**
 * Every migration of this package, oldest first.
 *
 * @example
 * ```ts
 * TypeOrmModule.forRoot({ ..., migrations: [...sesReputationMigrations, ...yourOwn], migrationsRun: true })
 * ```
 */
export const sesReputationMigrations = [
  CreateSesReputation1795478400000,
  AddGuardAndOutbox1795564800000,
  AddSuppressionDomain1795658400000,
];
