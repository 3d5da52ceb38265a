import { OnEvent } from '@nestjs/event-emitter';
import type { SesEventName, SesEvents } from './ses-events.js';

type OnEventOptions = Parameters<typeof OnEvent>[1];

/**
 * Listens to one event of this module; the compiler checks the listener's parameter. A listener that throws or
 * rejects is called again later: Nest's `suppressErrors` is off, where `options` don't set it.
 *
 * @example
 * ```ts
 * @OnSesEvent('ses.reputation.approaching')
 * alert(event: SesEvents['ses.reputation.approaching']) { ... }
 * ```
 */
export function OnSesEvent<N extends SesEventName>(name: N, options?: OnEventOptions) {
  return <T extends (event: SesEvents[N]) => unknown>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void =>
    OnEvent(name, { suppressErrors: false, ...options })(
      target,
      key,
      descriptor as PropertyDescriptor,
    ) as void;
}
