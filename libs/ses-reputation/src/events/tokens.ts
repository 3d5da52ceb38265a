/** The host's `EventEmitter2`. */
export const SES_EVENT_EMITTER = Symbol('SES_EVENT_EMITTER');

/** The host's `EventEmitterReadinessWatcher`: knows when the listeners are registered. */
export const SES_LISTENERS_READY = Symbol('SES_LISTENERS_READY');
