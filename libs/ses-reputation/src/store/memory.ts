import type { EntityManager } from 'typeorm';
import { Memory } from './memory.entity.js';
import type { Dialect } from './store.js';

/** The name under which one application remembers something. */
export function nameOf(app: string, what: string): string {
  return `${what}:${app}`;
}

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

/** Writes what `change` makes of what is there. Of several who do so at once, each sees what the one before it wrote. */
export async function changeMemory<T>(
  tx: EntityManager,
  dialect: Dialect,
  name: string,
  change: (stored: T | null) => T,
  now: Date,
): Promise<void> {
  // A row that is not there is not locked: MySQL would lock the gap around it, and two writers would deadlock. Of
  // two who insert it the second has a conflict, and runs again.
  if (!(await tx.existsBy(Memory, { name }))) {
    await tx.insert(Memory, { name, value: JSON.stringify(change(null)), updatedAt: now });
    return;
  }
  const lock = dialect === 'sqlite' ? undefined : ({ mode: 'pessimistic_write' } as const);
  const { value } = await tx.findOneOrFail(Memory, { where: { name }, lock });
  const next = JSON.stringify(change(JSON.parse(value) as T));
  await tx.update(Memory, { name }, { value: next, updatedAt: now });
}
