import { invalidParameter } from './errors.js';

const PAGE_SIZE = 100;

export interface Page<T> {
  items: T[];
  nextToken?: string;
}

/**
 * The page that a `NextToken` continues with. A token names the last item handed out, not a position, so that
 * deleting items between two calls neither skips nor repeats one.
 *
 * @throws SnsApiError `InvalidParameter` for a token that no page gave out.
 */
export function pageOf<T extends { sequence: number }>(
  all: readonly T[],
  token: string | undefined,
): Page<T> {
  const after = token ? readToken(token) : 0;
  const rest = all.filter(({ sequence }) => sequence > after).toSorted((a, b) => a.sequence - b.sequence);
  const items = rest.slice(0, PAGE_SIZE);
  const last = items.at(-1);
  return rest.length > PAGE_SIZE && last ? { items, nextToken: writeToken(last.sequence) } : { items };
}

function writeToken(sequence: number): string {
  return Buffer.from(`after:${sequence}`).toString('base64');
}

function readToken(token: string): number {
  const sequence = /^after:(\d{1,15})$/.exec(Buffer.from(token, 'base64').toString('latin1'))?.[1];
  if (!sequence) throw invalidParameter('Invalid parameter: NextToken');
  return Number(sequence);
}
