import type { EntityManager } from 'typeorm';
import { Memory } from './memory.entity.js';

/** What was last written under a name; `null` if nothing was. */
export async function readMemory<T>(manager: EntityManager, name: string): Promise<T | null> {
  const found = await manager.findOneBy(Memory, { name });
  return found && (JSON.parse(found.value) as T);
}

/** Writes JSON under a name. Of two who write at once in their transactions, the later one stays. */
export async function writeMemory(tx: EntityManager, name: string, value: unknown, now: Date): Promise<void> {
  const row = { name, value: JSON.stringify(value), updatedAt: now };
  const { affected } = await tx.update(Memory, { name }, row);
  // MySQL counts rows that changed, not rows that were found.
  if (affected === 0 && !(await tx.existsBy(Memory, { name }))) await tx.insert(Memory, row);
}
