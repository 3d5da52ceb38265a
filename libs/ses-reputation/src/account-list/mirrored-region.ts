import { Logger } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { AccountListEntry } from './account-list-entry.entity.js';
import type { AccountListMemory } from './account-list-turn.js';
import { TAKEN_OVER, type RunContext, type Stopped } from './run-context.js';

const PART = 1_000;
const logger = new Logger('SesReputation');

/**
 * Sees to it that the mirror is of the region that is asked: of another region it is emptied, and begins anew.
 * Nothing is released for it: the list of one region says nothing of what is on that of another.
 *
 * @param region `null`, not known, is taken for the same
 * @returns why the run ends; `null` if it does not
 */
export async function enterRegion(
  { turn, signal }: RunContext,
  region: string | null,
): Promise<Stopped | null> {
  if (region === null) return null;
  for (let moving = true; moving;) {
    signal.throwIfAborted();
    const committed = await turn.commit((tx, memory) => enterPart(tx, memory, region));
    if (!committed) return TAKEN_OVER;
    const { from, left } = committed.value;
    moving = left;
    if (from !== null && !left) {
      logger.warn(
        `SES’s suppression list is that of ${region} now, not of ${from}: what that one listed stays ` +
          'suppressed, and its mirror begins anew',
      );
    }
  }
  return null;
}

/** @returns the region whose mirror is emptied, `null` if none is, and whether some of it is left */
async function enterPart(
  tx: EntityManager,
  memory: AccountListMemory,
  region: string,
): Promise<{ from: string | null; left: boolean }> {
  const from = memory.region ?? null;
  if (from === null || from === region) {
    memory.region = region;
    return { from: null, left: false };
  }
  memory.pull = null;
  const entries = await tx.find(AccountListEntry, { select: { id: true }, order: { id: 'ASC' }, take: PART });
  if (entries.length > 0) {
    await tx.delete(AccountListEntry, { id: In(entries.map(({ id }) => id)) });
    return { from, left: true };
  }
  memory.region = region;
  memory.held = null;
  memory.pulledAt = null;
  return { from, left: false };
}
