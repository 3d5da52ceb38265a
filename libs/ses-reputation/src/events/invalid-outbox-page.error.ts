import { SesReputationError } from '../errors.js';

/** A page of dead events was asked for with a cursor or a limit that can't be used. */
export class InvalidOutboxPageError extends SesReputationError {
  readonly code = 'SES_INVALID_OUTBOX_PAGE';
}
