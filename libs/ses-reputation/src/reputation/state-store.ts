import type { EntityManager } from 'typeorm';
import { ACCOUNT } from './dimension.js';
import { ReputationState } from './reputation-state.entity.js';

/** What the last check decided; before the first one: all healthy, version 0. */
export async function readState(manager: EntityManager): Promise<ReputationState> {
  const stored = await manager.findOneBy(ReputationState, { name: ACCOUNT });
  if (stored) return stored;
  return Object.assign(new ReputationState(), {
    name: ACCOUNT,
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
  if (next.version === 1) {
    if (await tx.existsBy(ReputationState, { name: ACCOUNT })) return false;
    await tx.insert(ReputationState, next);
    return true;
  }
  const { affected } = await tx.update(ReputationState, { name: ACCOUNT, version: next.version - 1 }, next);
  return affected === 1;
}
