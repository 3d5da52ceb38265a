import { SesReputationConfigError } from '../errors.js';

/** Longest delay that setInterval takes. */
export const MOST_MS = 2_147_483_647;

type Json = Record<string, unknown>;

/** An error that names the key, what was expected and what came. */
export function wrong(key: string, got: unknown, expected: string): SesReputationConfigError {
  return new SesReputationConfigError(`${key} is ${show(got)} — expected ${expected}`);
}

/** Reads the keys of one object of options, each once; a key that nobody knows is a mistake to be told. */
export class Section {
  private readonly values: Json;

  constructor(
    private readonly name: string,
    given: unknown,
    known: readonly string[],
  ) {
    if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
      throw wrong(name || 'the options', given, 'an object');
    }
    this.values = (given ?? {}) as Json;
    for (const key of Object.keys(this.values)) {
      if (known.includes(key)) continue;
      // Its value is not shown: it may be a secret in the wrong place.
      throw new SesReputationConfigError(
        `${this.path(key)} is no option of this version — expected ${known.length ? known.join(', ') : 'no key'} here`,
      );
    }
  }

  path(key: string): string {
    return this.name ? `${this.name}.${key}` : key;
  }

  raw(key: string): unknown {
    return this.values[key];
  }

  /** The value if `accepts` it, the default if there is none, an error otherwise. */
  get<T, D>(key: string, fallback: D, expected: string, accepts: (value: unknown) => value is T): T | D {
    const value = this.values[key];
    if (value === undefined) return fallback;
    if (!accepts(value)) throw wrong(this.path(key), value, expected);
    return value;
  }

  oneOf<const T extends string, D>(key: string, choices: readonly T[], fallback: D): T | D {
    const expected = choices.map((choice) => `"${choice}"`).join(' or ');
    return this.get(key, fallback, expected, (v): v is T => (choices as readonly unknown[]).includes(v));
  }

  text<D>(key: string, fallback: D, expected = 'a text that is not empty'): string | D {
    return this.get(key, fallback, expected, (v): v is string => typeof v === 'string' && v.trim() !== '');
  }

  matching<D>(key: string, pattern: RegExp, fallback: D, expected: string): string | D {
    return this.get(key, fallback, expected, (v): v is string => typeof v === 'string' && pattern.test(v));
  }

  /** A secret of 16 characters or more, which no error shows. */
  secret<D>(key: string, fallback: D): string | D {
    const value = this.values[key];
    const shown = typeof value === 'string' ? `a text of ${value.length} characters` : `a ${typeof value}`;
    if (value === undefined) return fallback;
    if (typeof value === 'string' && value.length >= 16) return value;
    throw new SesReputationConfigError(
      `${this.path(key)} is ${shown} — expected a secret of 16 characters or more`,
    );
  }

  flag<D>(key: string, fallback: D): boolean | D {
    return this.get(key, fallback, 'true or false', (v): v is boolean => typeof v === 'boolean');
  }

  wholeNumber<D>(key: string, fallback: D, least: number, most: number): number | D {
    const expected = `a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
    return this.get(
      key,
      fallback,
      expected,
      (v): v is number => Number.isInteger(v) && within(v as number, least, most),
    );
  }

  /** A number above 0 and up to 1. */
  fraction<D>(key: string, fallback: D): number | D {
    return this.get(key, fallback, 'a fraction above 0 and up to 1, e.g. 0.05 for 5 %', (v): v is number => {
      return typeof v === 'number' && v > 0 && v <= 1;
    });
  }
}

function within(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (value === undefined) return 'missing';
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? `"${value}"` : String(value);
  try {
    return JSON.stringify(value).slice(0, 200);
  } catch {
    return 'an object';
  }
}
