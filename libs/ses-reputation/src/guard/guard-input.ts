import { fitText } from '../store/fit-text.js';
import { InvalidPauseError } from './errors.js';
import { LONGEST_REASON } from './stream-guard.js';

export interface PauseOptions {
  /** Shown wherever the pause is; 1,000 characters are kept. */
  reason: string;
  /** When the pause ends by itself. Default: it doesn't. */
  until?: Date;
  /** Who does it: a person or a program. 255 characters are kept. */
  actor?: string;
}

export interface ResumeOptions {
  reason?: string;
  actor?: string;
}

const LONGEST_ACTOR = 255;

/** @throws InvalidPauseError */
export function readPause(given: unknown, now: number) {
  const options = known(given, ['reason', 'until', 'actor']);
  return {
    reason: text('reason', options.reason, LONGEST_REASON),
    until: end(options.until, now),
    actor: optionalText('actor', options.actor, LONGEST_ACTOR),
  };
}

/** @throws InvalidPauseError */
export function readResume(given: unknown) {
  const options = known(given, ['reason', 'actor']);
  return {
    reason: optionalText('reason', options.reason, LONGEST_REASON) ?? 'resumed by hand',
    actor: optionalText('actor', options.actor, LONGEST_ACTOR),
  };
}

function known(given: unknown, keys: readonly string[]): Record<string, unknown> {
  const expected = `expected { ${keys.join(', ')} }`;
  if (typeof given !== 'object' || given === null) throw new InvalidPauseError('options', expected);
  const unknown = Object.keys(given).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new InvalidPauseError(unknown.slice(0, 100), `is no option: ${expected}`);
  return given as Record<string, unknown>;
}

function text(field: string, value: unknown, longest: number): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new InvalidPauseError(field, 'expected a text that is not empty');
  }
  return fitText(value.trim(), longest);
}

function optionalText(field: string, value: unknown, longest: number): string | null {
  return value === undefined ? null : text(field, value, longest);
}

function end(value: unknown, now: number): Date | null {
  if (value === undefined) return null;
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) {
    throw new InvalidPauseError('until', 'expected a valid Date, or nothing for a pause without an end');
  }
  if (value.getTime() <= now) throw new InvalidPauseError('until', `${value.toISOString()} is in the past`);
  return new Date(value);
}
