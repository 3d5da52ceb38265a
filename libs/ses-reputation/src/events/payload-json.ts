/** MySQL's `text` holds 65,535 bytes. */
const MOST_CHARACTERS = 60_000;
/** Lengths to cut long texts to, until a payload fits. */
const CUTS = [8_000, 1_000, 100, 10];
const DATE = '$date';

/**
 * A payload as JSON in ASCII, which no database's encoding can spoil, with its dates marked. Texts that would make
 * it too long for its column are cut.
 */
export function writePayload(payload: object): string {
  for (const most of [Infinity, ...CUTS]) {
    const json = ascii(JSON.stringify(payload, replacer(most)));
    if (json.length <= MOST_CHARACTERS) return json;
  }
  throw new RangeError('an event has more in it than can be stored');
}

/** The payload as it was raised: dates are dates again. */
export function readPayload<T extends object>(json: string): T {
  return JSON.parse(json, (_, value: unknown) =>
    isMarkedDate(value) ? new Date(value[DATE] ?? NaN) : value,
  ) as T;
}

function replacer(most: number) {
  return function (this: unknown, key: string, value: unknown): unknown {
    // `value` is what Date.toJSON has made of it already.
    const given = (this as Record<string, unknown>)[key];
    if (given instanceof Date) return { [DATE]: given.getTime() };
    return typeof value === 'string' && value.length > most ? value.slice(0, most) : value;
  };
}

function isMarkedDate(value: unknown): value is { [DATE]: number | null } {
  return typeof value === 'object' && value !== null && DATE in value && Object.keys(value).length === 1;
}

function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
