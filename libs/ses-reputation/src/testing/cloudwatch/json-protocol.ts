import { randomUUID } from 'node:crypto';
import type { SimulatorRequest, SimulatorResponse } from '../http.js';
import { CloudWatchApiError, invalidValue } from './errors.js';
import { Fields } from './fields.js';
import type { Result } from './operations.js';
import type { Protocol } from './protocol.js';

const TARGET = 'GraniteServiceVersion20100801.';

/** AWS JSON 1.0, which newer SDKs and AWS CLIs speak to CloudWatch. */
export const JSON_PROTOCOL: Protocol = {
  operationOf({ headers }) {
    const target = String(headers['x-amz-target'] ?? '');
    return target.startsWith(TARGET) ? target.slice(TARGET.length) : undefined;
  },
  read: ({ body }: SimulatorRequest) => Fields.of(parse(body)),
  answer: (_operation: string, result: Result) => respond(200, written(result)),
  refuse(error: CloudWatchApiError) {
    const side = error.status < 500 ? 'Sender' : 'Receiver';
    const body = { __type: `com.amazonaws.cloudwatch#${error.errorType}`, message: error.message };
    return respond(error.status, body, { 'x-amzn-query-error': `${error.code};${side}` });
  },
};

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch {
    throw invalidValue('The body is not JSON.');
  }
}

/** Times are seconds since the epoch. */
function written(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1_000;
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, written(one)]));
}

function respond(status: number, body: unknown, headers: Record<string, string> = {}): SimulatorResponse {
  const common = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-RequestId': randomUUID() };
  return { status, headers: { ...common, ...headers }, body: JSON.stringify(body) };
}
