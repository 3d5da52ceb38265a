import { hash } from 'node:crypto';

/**
 * An id made from what is meant: the same facts give the same id on every instance and by every door. The
 * parts are kept apart by JSON, so that no two lists of parts read the same.
 */
export function meaningId(...parts: (string | number | null)[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);
}
