import { InvalidPageError } from './errors.js';

/** Where a page ended. */
export interface ListPosition {
  key: string;
  scope: string;
}

export function writeCursor({ key, scope }: ListPosition): string {
  return Buffer.from(JSON.stringify([key, scope])).toString('base64url');
}

/** @throws InvalidPageError */
export function readCursor(cursor: unknown): ListPosition {
  const position = typeof cursor === 'string' ? parse(cursor) : null;
  if (position) return position;
  throw new InvalidPageError('the cursor can\'t be read: use "next" of the page before as it came, or none');
}

function parse(cursor: string): ListPosition | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(parts) || parts.length !== 2 || !parts.every(isColumnText)) return null;
    return { key: parts[0] as string, scope: parts[1] as string };
  } catch {
    return null;
  }
}

/** Printable ASCII, as keys and scopes are: what came from elsewhere may hold what a database chokes on. */
function isColumnText(part: unknown): boolean {
  return typeof part === 'string' && /^[\x20-\x7e]{1,320}$/.test(part);
}
