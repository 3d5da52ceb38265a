import { SesReputationError } from '../errors.js';

/** A report was asked for that there can't be. */
export class InvalidReportQueryError extends SesReputationError {
  readonly code = 'SES_INVALID_REPORT_QUERY';
}
