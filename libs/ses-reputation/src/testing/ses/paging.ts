import { badRequest, SesApiError } from './ses-error.js';

/**
 * One page of `keys` (sorted ascending, unique). The token holds the last key seen, not an offset, so that
 * deleting what was already read never makes the next page skip anything.
 */
export function pageOf(
  keys: readonly string[],
  query: { NextToken?: string | null; PageSize?: string | null },
  maxPageSize = 1_000,
): { page: string[]; NextToken?: string } {
  const size = pageSize(query.PageSize, maxPageSize);
  const start = query.NextToken ? firstAfter(keys, readToken(query.NextToken)) : 0;
  const page = keys.slice(start, start + size);
  const last = page.at(-1);
  const more = start + size < keys.length && last !== undefined;
  return more ? { page, NextToken: writeToken(last) } : { page };
}

function pageSize(given: string | null | undefined, max: number): number {
  if (given === null || given === undefined || given === '') return max;
  const size = Number(given);
  if (!Number.isInteger(size) || size < 1 || size > max)
    throw badRequest(`PageSize must be between 1 and ${max}.`);
  return size;
}

function firstAfter(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function writeToken(key: string): string {
  return Buffer.from(JSON.stringify({ after: key })).toString('base64url');
}

function readToken(token: string): string {
  try {
    const { after } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as { after?: unknown };
    if (typeof after === 'string') return after;
  } catch {
    // answered below
  }
  throw new SesApiError('InvalidNextTokenException', 400, 'The specified NextToken is not valid.');
}
