import { inspect } from 'node:util';

/** What one member of an options object may be. `undefined` always may be given. */
export interface Rule {
  /** Ends the sentence "expected …". */
  expected: string;
  /** A value of another type is a TypeError. */
  ofType(value: unknown): boolean;
  /** A value of the right type that makes no sense is a RangeError. */
  inRange?(value: never): boolean;
  /** Rules for the members, if an object was given. */
  members?: Rules;
}

export type Rules = Record<string, Rule>;

/** Rules for exactly the members of a type, so that a new option can't go without one. */
export type RulesFor<T> = { [Name in keyof Required<T>]: Rule };

const MAX_SHOWN = 80;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown) => typeof value === 'number';
const isText = (value: unknown) => typeof value === 'string';
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);

export const FLAG: Rule = { expected: 'true or false', ofType: (value) => typeof value === 'boolean' };
export const TEXT: Rule = { expected: 'a string', ofType: isText };
export const TEXT_OR_NULL: Rule = {
  expected: 'a string or null',
  ofType: (value) => value === null || isText(value),
};
export const MILLISECONDS = numberThat('milliseconds, 0 or more', (ms) => ms >= 0);

export function numberThat(expected: string, fits: (value: number) => boolean): Rule {
  return { expected, ofType: isNumber, inRange: (value) => Number.isFinite(value) && fits(value) };
}

export function wholeNumber(expected: string, from: number, to = Number.MAX_SAFE_INTEGER): Rule {
  return numberThat(expected, (value) => Number.isInteger(value) && value >= from && value <= to);
}

export function textLike(expected: string, pattern: RegExp): Rule {
  return { expected, ofType: isText, inRange: (value: string) => pattern.test(value) };
}

export function oneOf(...allowed: string[]): Rule {
  return {
    expected: `one of ${allowed.map((value) => `'${value}'`).join(', ')}`,
    ofType: isText,
    inRange: (value: string) => allowed.includes(value),
  };
}

export function listOf(expected: string, fits: (value: string) => boolean = () => true): Rule {
  return { expected, ofType: isTexts, inRange: (values: string[]) => values.every(fits) };
}

/** The same, or null. */
export function orNull(rule: Rule): Rule {
  return {
    ...rule,
    expected: `${rule.expected}, or null`,
    ofType: (value) => value === null || rule.ofType(value),
    inRange: (value) => value === null || (rule.inRange?.(value) ?? true),
  };
}

export function objectOf(members: Rules): Rule {
  return { expected: `an object with ${names(members)}`, ofType: isObject, members };
}

/**
 * A misspelt option that does nothing makes a test pass that tests nothing, so every name and value is checked.
 *
 * @param where what the object was given to, such as `simulator.fail()`
 * @throws TypeError for an unknown name or a value of the wrong type; RangeError for one that makes no sense
 */
export function checkMembers(where: string, given: unknown, rules: Rules, path = ''): void {
  if (!isObject(given))
    throw new TypeError(`${where}: expected an object with ${names(rules)}; got ${shown(given)}`);
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(rules, name))
      throw new TypeError(
        `${where}: there is no ${path}${name}; expected ${names(rules)}; got ${path}${name}: ${shown(value)}`,
      );
    const { expected, ofType, inRange, members } = rules[name]!;
    if (value === undefined) continue;
    const complaint = `${where}: ${path}${name} is ${shown(value)}; expected ${expected}`;
    if (!ofType(value)) throw new TypeError(complaint);
    if (inRange && !inRange(value as never)) throw new RangeError(complaint);
    if (members && isObject(value)) checkMembers(where, value, members, `${path}${name}.`);
  }
}

function names(rules: Rules): string {
  return Object.keys(rules).join(', ');
}

function shown(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
