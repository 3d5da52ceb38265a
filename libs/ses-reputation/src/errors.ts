/**
 * Base of every error this package throws. `code` is stable across versions and safe to switch on;
 * `message` says what to do next; `cause` carries the error of SES, the database or the network.
 */
export abstract class SesReputationError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An option, or the host application's set-up, is wrong. Thrown at bootstrap only. */
export class SesReputationConfigError extends SesReputationError {
  readonly code = 'SES_CONFIG';

  constructor(message: string, options?: { cause?: unknown }) {
    super(`SesReputationModule: ${message}`, options);
  }
}

/** The database could not be read or written. Nothing was changed. */
export class StoreUnavailableError extends SesReputationError {
  readonly code = 'SES_STORE_UNAVAILABLE';
}

/** What was given can't be read as one e-mail address that SES could deliver to. */
export class InvalidAddressError extends SesReputationError {
  readonly code = 'SES_INVALID_ADDRESS';

  constructor(
    readonly address: string,
    why: string,
  ) {
    super(`"${address.slice(0, 320)}" is not an address SES can deliver to: ${why}`);
  }
}
