import type { MessageAttribute } from './envelope.js';
import { invalidParameter } from './errors.js';

/** The parameters of one request to the Query API, which flattens lists and maps into numbered names. */
export class QueryParameters {
  constructor(private readonly parameters: URLSearchParams) {}

  optional(name: string): string | undefined {
    return this.parameters.get(name) ?? undefined;
  }

  /** @throws SnsApiError `InvalidParameter` */
  required(name: string): string {
    const value = this.optional(name);
    if (value === undefined || value === '') {
      throw invalidParameter(`Invalid parameter: ${name} Reason: no value for required parameter`);
    }
    return value;
  }

  flag(name: string): boolean {
    return this.optional(name)?.toLowerCase() === 'true';
  }

  /** `Attributes.entry.1.key`, `Attributes.entry.1.value`, … */
  attributes(): Map<string, string> {
    const found = new Map<string, string>();
    for (const entry of this.numbered('Attributes.entry')) {
      const key = this.optional(`${entry}.key`);
      if (key !== undefined) found.set(key, this.optional(`${entry}.value`) ?? '');
    }
    return found;
  }

  /** `MessageAttributes.entry.1.Name`, `.Value.DataType`, `.Value.StringValue` or `.Value.BinaryValue`, … */
  messageAttributes(): Record<string, MessageAttribute> {
    const found = new Map<string, MessageAttribute>();
    for (const entry of this.numbered('MessageAttributes.entry')) {
      const name = this.required(`${entry}.Name`);
      const type = this.required(`${entry}.Value.DataType`);
      if (!/^(String|Number|Binary)(\.|$)/.test(type)) {
        throw invalidParameter(
          `The message attribute '${name}' has an invalid message attribute type, the set of supported type ` +
            'prefixes is Binary, Number, and String.',
        );
      }
      const field = type.startsWith('Binary') ? 'BinaryValue' : 'StringValue';
      const value = this.optional(`${entry}.Value.${field}`);
      if (!value) {
        throw invalidParameter(
          `The message attribute '${name}' must contain non-empty message attribute value for message attribute ` +
            `type '${type}'.`,
        );
      }
      found.set(name, { Type: type, Value: value });
    }
    // Not by assignment: a name such as __proto__ is a name like any other.
    return Object.fromEntries(found);
  }

  private numbered(prefix: string): string[] {
    const numbers = new Set<number>();
    for (const name of this.parameters.keys()) {
      const rest = name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : '';
      const number = /^(\d{1,4})\./.exec(rest)?.[1];
      if (number) numbers.add(Number(number));
    }
    return [...numbers].toSorted((a, b) => a - b).map((number) => `${prefix}.${number}`);
  }
}
