import type { EntityManager } from 'typeorm';
import type { ResolvedOptions } from '../../options/ses-reputation-options.js';
import { nameOf, readMemory, writeMemory } from '../../store/memory.js';
import type { AmazonRates } from './amazon-rates.js';

/** What the checks remember of Amazon's rates. */
export interface AmazonMemory {
  /** What was last given. */
  rates: AmazonRates | null;
  /** Which of ours were beyond the tolerance, and are not back since. */
  differs: { bounce: boolean; complaint: boolean };
}

const WHAT = 'amazon-rates';

export async function readAmazonMemory(manager: EntityManager, app: string): Promise<AmazonMemory> {
  const stored = await readMemory<AmazonMemory>(manager, nameOf(app, WHAT));
  return stored ?? { rates: null, differs: { bounce: false, complaint: false } };
}

export function writeAmazonMemory(
  tx: EntityManager,
  app: string,
  memory: AmazonMemory,
  now: Date,
): Promise<void> {
  return writeMemory(tx, nameOf(app, WHAT), memory, now);
}

/** What a report shows: the last rates, as long as the options name a source. */
export async function knownRates(
  manager: EntityManager,
  { app, reputation }: Pick<ResolvedOptions, 'app' | 'reputation'>,
): Promise<AmazonRates | null> {
  return reputation.amazonRates ? (await readAmazonMemory(manager, app)).rates : null;
}
