import { StoreUnavailableError } from '../errors.js';

/** Reads; the driver's error becomes one that a caller can name. */
export async function fromStore<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new StoreUnavailableError(`the database could not be read: ${String(error)}`, { cause: error });
  }
}
