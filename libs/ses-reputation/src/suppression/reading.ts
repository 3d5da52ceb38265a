import { StoreUnavailableError } from '../errors.js';

/** Reads outside a transaction, and tells of a database that can't be read as every writer does. */
export async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new StoreUnavailableError(`the suppression list could not be read: ${String(error)}`, {
      cause: error,
    });
  }
}
