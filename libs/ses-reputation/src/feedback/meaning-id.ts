import { createHash } from 'node:crypto';

/**
 * An id made from what is meant: the same facts give the same id on every instance and by every door. The
 * parts are kept apart by JSON, so that no two lists of parts read the same.
 */
export function meaningId(...parts: (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
