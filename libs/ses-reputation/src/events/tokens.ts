/** The host's `EventEmitter2`. */
export const SES_EVENT_EMITTER = Symbol('SES_EVENT_EMITTER');
