import type { SchedulerRegistry } from '@nestjs/schedule';
import { SesReputationConfigError } from './errors.js';

/** The host's `SchedulerRegistry`. */
export const SES_SCHEDULER_REGISTRY = Symbol('SES_SCHEDULER_REGISTRY');

/**
 * Runs `work` at intervals, by a name of the host's `SchedulerRegistry`. The timer alone keeps no process alive.
 *
 * @throws SesReputationConfigError if the name is taken, which is so when the module is there twice
 */
export function mountInterval(
  scheduler: SchedulerRegistry,
  name: string,
  everyMs: number,
  work: () => void,
): void {
  if (scheduler.doesExist('interval', name)) {
    throw new SesReputationConfigError('it is imported twice: import it once, with isGlobal: true');
  }
  scheduler.addInterval(name, setInterval(work, everyMs).unref());
}

/** ScheduleModule clears its registry in the same phase, before or after us. */
export function unmountInterval(scheduler: SchedulerRegistry, name: string): void {
  if (scheduler.doesExist('interval', name)) scheduler.deleteInterval(name);
}
