import { StoreUnavailableError } from '../errors.js';

/**
 * Too much feedback waits for the database: this was not taken in. The same again a little later loses and repeats
 * nothing.
 */
export class FeedbackOverloadedError extends StoreUnavailableError {}
