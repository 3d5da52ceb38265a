import { badRequest, SesApiError } from './ses-error.js';

/** A JSON object of a request, read member by member; a member of the wrong type is a BadRequestException that names it. */
export class Members {
  private constructor(
    private readonly json: Record<string, unknown>,
    private readonly at: string,
  ) {}

  static parse(body: Buffer): Members {
    if (body.length === 0) return new Members({}, '');
    try {
      const json: unknown = JSON.parse(body.toString('utf8'));
      if (isObject(json) && isShallow(json)) return new Members(json, '');
    } catch {
      // answered below, like any other body that is not an object
    }
    throw new SesApiError(
      'SerializationException',
      400,
      'The body is not a JSON object, or one nested too deep.',
    );
  }

  text(name: string): string | undefined {
    return this.read(name, 'a string', (value): value is string => typeof value === 'string');
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === '') throw badRequest(`${this.at}${name} is required.`);
    return value;
  }

  flag(name: string): boolean | undefined {
    return this.read(name, 'a boolean', (value): value is boolean => typeof value === 'boolean');
  }

  texts(name: string): string[] | undefined {
    return this.read(
      name,
      'a list of strings',
      (value): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    );
  }

  member(name: string): Members | undefined {
    const value = this.read(name, 'an object', isObject);
    return value && new Members(value, `${this.at}${name}.`);
  }

  list(name: string): Members[] | undefined {
    const value = this.read(
      name,
      'a list of objects',
      (given): given is Record<string, unknown>[] => Array.isArray(given) && given.every(isObject),
    );
    return value?.map((item, index) => new Members(item, `${this.at}${name}[${index}].`));
  }

  bytes(name: string): Buffer | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value.replace(/\s+/g, '')))
      throw badRequest(`${this.at}${name} is not base64.`);
    return Buffer.from(value, 'base64');
  }

  /** The members as they came, for what the simulator keeps without looking into it. */
  plain(): Record<string, unknown> {
    return this.json;
  }

  private read<T>(name: string, expected: string, fits: (value: unknown) => value is T): T | undefined {
    const value = this.json[name];
    if (value === undefined || value === null) return undefined;
    if (!fits(value)) throw badRequest(`${this.at}${name} must be ${expected}.`);
    return value;
  }
}

// More than any request of SES has; what goes deeper overflows the stack of whoever walks through it.
const MAX_DEPTH = 64;

/** Whether JSON is nested no deeper than is safe to walk through. */
export function isShallow(json: unknown): boolean {
  let level: unknown[] = [json];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return false;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [],
    );
  }
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
