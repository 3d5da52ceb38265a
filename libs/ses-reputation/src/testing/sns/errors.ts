/** The base of what the simulated SNS throws into a test's own code. `code` is stable. */
export abstract class SnsSimulatorError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An endpoint will not be confirmed: it refused the confirmation, never answered, or was removed. */
export class SubscriptionNotConfirmedError extends SnsSimulatorError {
  readonly code = 'SNS_SUBSCRIPTION_NOT_CONFIRMED';

  constructor(
    readonly endpoint: string,
    why: string,
  ) {
    super(`${endpoint} is not confirmed as a subscriber: ${why}`);
  }
}

/** `fetch` was asked for something that only the network could answer. */
export class OutsideSimulatorError extends SnsSimulatorError {
  readonly code = 'SNS_OUTSIDE_SIMULATOR';
}

/**
 * What SNS answers to a bad request. Thrown by the operations, turned into an `ErrorResponse` document by the
 * Query API.
 */
export class SnsApiError extends SnsSimulatorError {
  constructor(
    /** Amazon's own code, such as `NotFound`. */
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export const invalidParameter = (message: string): SnsApiError =>
  new SnsApiError('InvalidParameter', message, 400);

export const notFound = (message: string): SnsApiError => new SnsApiError('NotFound', message, 404);
