import { Inject, Injectable, Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { describeError } from '../describe-error.js';
import type { PendingEvent, SesEventName, SesEvents } from './ses-events.js';
import { SES_EVENT_EMITTER } from './tokens.js';

type Listener = (...args: unknown[]) => unknown;

/** Raises events so that one listener's error reaches neither the others nor the one who raised it. */
@Injectable()
export class SesEventBus {
  private readonly logger = new Logger('SesReputation');

  constructor(@Inject(SES_EVENT_EMITTER) private readonly emitter: EventEmitter2) {}

  /** Raise what a committed transaction brought about. */
  emitAll(events: readonly PendingEvent[]): void {
    for (const { name, payload } of events) this.emit(name, payload);
  }

  emit<N extends SesEventName>(name: N, payload: SesEvents[N]): void {
    // EventEmitter2.emit stops at the first listener that throws, so each one is called by itself.
    for (const listener of this.emitter.listeners(name) as Listener[]) this.call(name, listener, [payload]);
    for (const listener of this.emitter.listenersAny() as Listener[])
      this.call(name, listener, [name, payload]);
  }

  private call(name: SesEventName, listener: Listener, args: unknown[]): void {
    // Not Promise.resolve: it hands a listener's own promise back, whose methods may be the listener's own too.
    new Promise((resolve) => {
      const context = Object.assign(Object.create(this.emitter), { event: name });
      resolve(listener.apply(context, args));
    }).catch((error: unknown) => this.report(name, error));
  }

  private report(name: SesEventName, error: unknown): void {
    this.logger.error(`A listener of "${name}" failed: ${describeError(error)}`, stackOf(error));
  }
}

function stackOf(error: unknown): string | undefined {
  try {
    return error instanceof Error ? error.stack : undefined;
  } catch {
    return undefined;
  }
}
