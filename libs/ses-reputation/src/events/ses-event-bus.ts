import { Inject, Injectable, Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { BurstLog } from '../burst-log.js';
import { describeError } from '../describe-error.js';
import type { PendingEvent, SesEventName, SesEvents } from './ses-events.js';
import { SES_EVENT_EMITTER } from './tokens.js';

type Listener = (...args: unknown[]) => unknown;

/** One listener of the host's for one event. */
export interface EventListener {
  /** By what it is known again. */
  listener: Listener;
  /** Settles as the listener does; rejects with what it throws. Never throws. */
  call(payload: object): Promise<unknown>;
}

/** Raises events so that one listener's error reaches neither the others nor the one who raised it. */
@Injectable()
export class SesEventBus {
  private readonly log = new BurstLog(new Logger('SesReputation'));

  constructor(@Inject(SES_EVENT_EMITTER) private readonly emitter: EventEmitter2) {}

  /** Raises what is not kept for listeners that fail. */
  emitAll(events: readonly PendingEvent[]): void {
    for (const { name, payload } of events) this.emit(name, payload);
  }

  emit<N extends SesEventName>(name: N, payload: SesEvents[N]): void {
    for (const listener of this.listeners(name)) {
      listener.call(payload).catch((error: unknown) => this.report(name, error));
    }
  }

  /** Who listens to an event now: by its name, by a wildcard, or to everything. */
  listeners(name: string): EventListener[] {
    // EventEmitter2.emit stops at the first listener that throws, so each one is called by itself.
    const named = (this.emitter.listeners(name) as Listener[]).map((listener) => ({
      listener,
      call: (payload: object) => this.call(name, listener, [payload]),
    }));
    const any = (this.emitter.listenersAny() as Listener[]).map((listener) => ({
      listener,
      call: (payload: object) => this.call(name, listener, [name, payload]),
    }));
    return [...named, ...any];
  }

  /** Whether {@link listeners} gives any. */
  isHeard(name: string): boolean {
    return this.emitter.listeners(name).length > 0 || this.emitter.listenersAny().length > 0;
  }

  report(name: string, error: unknown): void {
    const message = `A listener of "${name}" failed: ${describeError(error)}`;
    this.log.log('error', name, message, performance.now(), stackOf(error));
  }

  private call(name: string, listener: Listener, args: unknown[]): Promise<unknown> {
    // Not Promise.resolve: it hands a listener's own promise back, whose methods may be the listener's own too.
    return new Promise((resolve) => {
      const context = Object.assign(Object.create(this.emitter), { event: name });
      resolve(listener.apply(context, args));
    });
  }
}

function stackOf(error: unknown): string | undefined {
  try {
    return error instanceof Error ? error.stack : undefined;
  } catch {
    return undefined;
  }
}
