import type { Clock } from '../clock.js';
import type { AccountListStatus } from './account-list-result.js';
import type { Stopped } from './run-context.js';

const DAY_MS = 86_400_000;

type IdleCall = Stopped & { operation: string; reason: 'denied' | 'sandbox' };

/** Calls that SES does not allow: scheduled runs leave them out for a day. */
export class IdleCalls {
  private readonly calls = new Map<string, { stopped: IdleCall; untilMs: number }>();

  constructor(private readonly clock: Clock) {}

  has(operation: string): boolean {
    return (this.calls.get(operation)?.untilMs ?? 0) > this.clock.now();
  }

  stopped(operation: string): Stopped | null {
    return this.calls.get(operation)?.stopped ?? null;
  }

  /** Takes down how the attempt ended. */
  note(operation: string, stopped: Stopped | null): void {
    if (stopped && isIdle(stopped)) {
      this.calls.set(operation, { stopped, untilMs: this.clock.now() + DAY_MS });
    } else this.calls.delete(operation);
  }

  list(): AccountListStatus['idle'] {
    return [...this.calls]
      .filter(([operation]) => this.has(operation))
      .map(([operation, { stopped, untilMs }]) => {
        return { operation, reason: stopped.reason, until: new Date(untilMs) };
      });
  }
}

function isIdle(stopped: Stopped): stopped is IdleCall {
  return stopped.reason === 'denied' || stopped.reason === 'sandbox';
}
