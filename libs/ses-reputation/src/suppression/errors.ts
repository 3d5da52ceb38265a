import { SesReputationError } from '../errors.js';
import { SUPPRESSION_REASONS } from './suppression-reason.js';

/** A reason that is none of {@link SUPPRESSION_REASONS}. */
export class UnknownReasonError extends SesReputationError {
  readonly code = 'SES_UNKNOWN_REASON';

  constructor(readonly reason: unknown) {
    super(`the reason ${shown(reason)} is not known: use one of ${SUPPRESSION_REASONS.join(', ')}`);
  }
}

/** A scope that is neither `*` nor a stream of the options: a misspelled one would protect nobody. */
export class UnknownScopeError extends SesReputationError {
  readonly code = 'SES_UNKNOWN_SCOPE';

  constructor(
    readonly scope: unknown,
    streams: Iterable<string>,
  ) {
    super(
      `${shown(scope)} is no stream of this module: use ${[...streams, '"*" for every stream'].join(', ')}`,
    );
  }
}

/** `expiresAt` or `since` is no time that can be used. */
export class InvalidTimeError extends SesReputationError {
  readonly code = 'SES_INVALID_TIME';

  constructor(name: string, got: unknown, expected: string) {
    super(`${name} is ${shown(got)}: use ${expected}`);
  }
}

/** A page of the list was asked for with a cursor, a limit or a search that can't be used. */
export class InvalidPageError extends SesReputationError {
  readonly code = 'SES_INVALID_PAGE';
}

/** `erase` needs a secret that is not set. Nothing was erased. */
export class EraseKeyMissingError extends SesReputationError {
  readonly code = 'SES_ERASE_KEY_MISSING';

  constructor() {
    super(
      'an erased address stays suppressed by a keyed hash: set the option suppression.eraseKey, a secret of ' +
        '16 characters or more that never changes, and erase again',
    );
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  return value instanceof Date
    ? Number.isNaN(+value)
      ? 'an invalid Date'
      : value.toISOString()
    : `a value of type ${value === null ? 'null' : typeof value}`;
}

/** An option nobody knows: misspelt, "expiresAt" would suppress for good. Nothing was changed. */
export class UnknownOptionError extends SesReputationError {
  readonly code = 'SES_UNKNOWN_OPTION';

  constructor(option: string, known: readonly string[]) {
    super(`"${option.slice(0, 100)}" is no option here: use ${known.join(', ')}`);
  }
}
