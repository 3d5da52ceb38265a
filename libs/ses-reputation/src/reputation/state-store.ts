import type { EntityManager } from 'typeorm';
import { ACCOUNT } from './dimension.js';
import { ReputationState } from './reputation-state.entity.js';

const DEFAULT_APP = 'default';

/**
 * The row of an application. Version 0.1.0 had one for all, `account`: it goes on as that of the default application,
 * and the two names change places, so that each application has its own.
 */
export function stateNameOf(app: string): string {
  if (app === DEFAULT_APP) return ACCOUNT;
  return app === ACCOUNT ? DEFAULT_APP : app;
}

/** What the application's last check decided; before the first one: all healthy, version 0. */
export async function readState(manager: EntityManager, app: string): Promise<ReputationState> {
  const name = stateNameOf(app);
  const stored = await manager.findOneBy(ReputationState, { name });
  if (stored) return stored;
  return Object.assign(new ReputationState(), {
    name,
    version: 0,
    bounceLevel: 'healthy',
    bounceApproach: 'healthy',
    complaintLevel: 'healthy',
    complaintApproach: 'healthy',
    account: null,
    updatedAt: new Date(0),
  });
}

/**
 * Stores what was decided on the version before it.
 *
 * @returns `false` if another instance was first: what was decided is out of date
 */
export async function writeState(tx: EntityManager, next: ReputationState): Promise<boolean> {
  const { name } = next;
  if (next.version === 1) {
    if (await tx.existsBy(ReputationState, { name })) return false;
    await tx.insert(ReputationState, next);
    return true;
  }
  const { affected } = await tx.update(ReputationState, { name, version: next.version - 1 }, next);
  return affected === 1;
}
