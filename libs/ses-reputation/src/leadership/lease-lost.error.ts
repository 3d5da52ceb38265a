import { SesReputationError } from '../errors.js';

/** Another process has become the leader: what this one was doing as the leader was not done. */
export class LeaseLostError extends SesReputationError {
  readonly code = 'SES_LEASE_LOST';

  constructor() {
    super('another instance does this work now');
  }
}
