import { invalidValue, missingParameter } from './errors.js';

/** The fields of one structure of a request. The query protocol has texts where the JSON protocol has numbers. */
export class Fields {
  private constructor(
    private readonly values: Record<string, unknown>,
    private readonly at: string,
  ) {}

  static of(values: unknown, at = ''): Fields {
    if (typeof values !== 'object' || values === null || Array.isArray(values))
      throw invalidValue(`The value of ${at || 'the request'} must be a structure.`);
    return new Fields(values as Record<string, unknown>, at);
  }

  text(name: string): string {
    const value = this.required(name);
    if (typeof value !== 'string' || value === '')
      throw invalidValue(`The value for parameter ${this.at}${name} must be a text that is not empty.`);
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.values[name] === undefined || this.values[name] === null ? undefined : this.text(name);
  }

  /** Seconds that CloudWatch can take figures of. */
  period(name: string): number {
    const period = Number(this.required(name));
    if (!Number.isInteger(period) || period < 60 || period % 60 !== 0)
      throw invalidValue(
        `The parameter ${this.at}${name} must be a value in the set [ 1, 5, 10, 30 ] or a multiple of 60.`,
      );
    return period;
  }

  /** Seconds since the epoch, or ISO 8601, as milliseconds since the epoch. */
  time(name: string): number {
    const value = this.required(name);
    const time = typeof value === 'number' ? value * 1_000 : Date.parse(String(value));
    if (!Number.isFinite(time)) throw invalidValue(`The value for parameter ${this.at}${name} is no time.`);
    return time;
  }

  fields(name: string): Fields {
    return Fields.of(this.required(name), `${this.at}${name}.`);
  }

  list(name: string): unknown[] {
    const value = this.values[name] ?? [];
    // How the query protocol writes a list without members.
    if (value === '') return [];
    if (!Array.isArray(value))
      throw invalidValue(`The value for parameter ${this.at}${name} must be a list.`);
    return value;
  }

  structures(name: string): Fields[] {
    return this.list(name).map((value, index) => Fields.of(value, `${this.at}${name}[${index}].`));
  }

  has(name: string): boolean {
    return this.values[name] !== undefined && this.values[name] !== null;
  }

  private required(name: string): unknown {
    const value = this.values[name];
    if (value === undefined || value === null) throw missingParameter(`${this.at}${name}`);
    return value;
  }
}
