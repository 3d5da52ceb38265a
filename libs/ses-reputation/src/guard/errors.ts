import { SesReputationError } from '../errors.js';

/** The option `guard.mode` is `off`: nothing is paused or resumed. */
export class GuardOffError extends SesReputationError {
  readonly code = 'SES_GUARD_OFF';

  constructor() {
    super(
      "the guard is off, so that no stream can be paused or resumed: set the option guard.mode to 'enforce'",
    );
  }
}

/** No stream of the options has this name. */
export class UnknownStreamError extends SesReputationError {
  readonly code = 'SES_UNKNOWN_STREAM';

  constructor(
    readonly stream: unknown,
    streams: Iterable<string>,
  ) {
    super(
      `${typeof stream === 'string' ? JSON.stringify(stream.slice(0, 100)) : `a value of type ${typeof stream}`} is no ` +
        `stream of this module: use ${[...streams].join(', ')}`,
    );
  }
}

/** The stream's priority is `critical`: the guard never touches it, not even by hand. */
export class CriticalStreamError extends SesReputationError {
  readonly code = 'SES_CRITICAL_STREAM';

  constructor(readonly stream: string) {
    super(
      `"${stream}" is of priority critical, and critical streams are never paused: stop sending it in your ` +
        'application, or give it another priority',
    );
  }
}

/** What a pause or a resume was asked for with can't be used. Nothing was changed. */
export class InvalidPauseError extends SesReputationError {
  readonly code = 'SES_INVALID_PAUSE';

  constructor(
    /** The option that is wrong. */
    readonly field: string,
    why: string,
  ) {
    super(`${field}: ${why}`);
  }
}
