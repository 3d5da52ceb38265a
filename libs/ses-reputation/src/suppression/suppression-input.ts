import { parseAddrSpec, writeLocal } from '../address/addr-spec.js';
import { keyOf } from '../address/address-key.js';
import { InvalidAddressError } from '../errors.js';
import {
  InvalidPageError,
  InvalidTimeError,
  UnknownOptionError,
  UnknownReasonError,
  UnknownScopeError,
} from './errors.js';
import type { SuppressionFilter } from './find-suppressed.js';
import { EVERY_STREAM } from './suppressed-address.entity.js';
import { SUPPRESSION_REASONS, type SuppressionReason } from './suppression-reason.js';

/** A mailbox as a caller names it: the look-up key, and what to show people. */
export interface Mailbox {
  key: string;
  /** As given, but for display name, comments and white space: the list keeps no more than it needs. */
  address: string;
}

/** @throws InvalidAddressError */
export function readMailbox(address: unknown): Mailbox {
  const text = typeof address === 'string' ? address.trim() : '';
  const spec = parseAddrSpec(text);
  if (!spec) throw new InvalidAddressError(asText(address), 'give one address such as ann@example.com');
  const bare = /[\s<>()]/.test(text) ? `${writeLocal(spec.local)}@${spec.domain}` : text;
  return { key: keyOf(spec), address: bare };
}

/**
 * The options of a call, none of them unknown.
 *
 * @throws UnknownOptionError
 */
export function knownOptions<T extends object>(
  options: T | null | undefined,
  known: readonly (keyof T & string)[],
): Partial<T> {
  for (const option of Object.keys(options ?? {})) {
    if (!(known as readonly string[]).includes(option)) throw new UnknownOptionError(option, known);
  }
  return options ?? {};
}

/** @throws UnknownReasonError */
export function readReason(reason: unknown): SuppressionReason {
  if (!SUPPRESSION_REASONS.includes(reason as SuppressionReason)) throw new UnknownReasonError(reason);
  return reason as SuppressionReason;
}

/** @throws UnknownScopeError */
export function readScope(scope: unknown, streams: ReadonlyMap<string, unknown>): string {
  if (scope === EVERY_STREAM || (typeof scope === 'string' && streams.has(scope))) return scope;
  throw new UnknownScopeError(scope, streams.keys());
}

/** @throws InvalidTimeError unless it is a Date, or text as `Date.prototype.toISOString` writes it */
export function readTime(name: string, value: unknown): Date {
  const expected = 'a valid Date, or a time such as 2026-05-01T12:00:00Z';
  const isText = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}([T ].*)?$/.test(value.trim());
  if (!isText && !(value instanceof Date)) throw new InvalidTimeError(name, value, expected);
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) throw new InvalidTimeError(name, value, expected);
  return time;
}

/** @throws InvalidTimeError if it is over already: such a suppression would protect nobody */
export function readExpiry(value: unknown, nowMs: number): Date | null {
  if (value === undefined || value === null) return null;
  const time = readTime('expiresAt', value);
  if (time.getTime() <= nowMs) throw new InvalidTimeError('expiresAt', value, 'a time that is still to come');
  return time;
}

/** A note or an actor, whatever a caller without types gives. */
export function textOf(value: unknown): string | null {
  return value === undefined || value === null ? null : asText(value);
}

/** Any value as text, also one that can't be made text of: an object without `toString`. */
export function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `a value of type ${typeof value}`;
  }
}

/** No address is longer, and SQLite refuses long patterns. */
const LONGEST_SEARCH = 320;

/**
 * What to look for. A scope needs not be a stream of today's options: the list may hold one of yesterday's.
 *
 * @throws UnknownReasonError, UnknownScopeError, InvalidPageError
 */
export function readFilter({ reason, scope, search }: SuppressionFilter): SuppressionFilter {
  const isScope = typeof scope === 'string' && /^(\*|[\w-]{1,64})$/.test(scope);
  if (scope !== undefined && !isScope) throw new UnknownScopeError(scope, []);
  if (search !== undefined && (typeof search !== 'string' || search.length > LONGEST_SEARCH)) {
    throw new InvalidPageError(
      `search must be text of up to ${LONGEST_SEARCH} characters: use part of an address`,
    );
  }
  return { reason: reason === undefined ? undefined : readReason(reason), scope, search };
}

/** @throws InvalidPageError */
export function readLimit(limit: unknown): number {
  if (Number.isInteger(limit) && Number(limit) >= 1 && Number(limit) <= 1_000) return Number(limit);
  throw new InvalidPageError(`limit is ${asText(limit)}: use a whole number from 1 to 1,000`);
}
